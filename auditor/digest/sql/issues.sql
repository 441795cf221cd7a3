-- Sessions that callers opened: whose, under which name and key, first when.
SELECT called.caller, called.issued, handed_out.credential AS issued_credential, min(called.us) AS us
FROM called
LEFT JOIN handed_out ON handed_out.credential = called.issued_credential
WHERE called.issued IS NOT NULL AND called.outcome = 'ok'
GROUP BY called.caller, called.issued, handed_out.credential
ORDER BY us, caller, issued, issued_credential NULLS FIRST
