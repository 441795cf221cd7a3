-- Sessions that callers opened: whose, under which name and key, first when.
SELECT caller_acts.caller, caller_acts.issued, issued_credentials.credential AS issued_credential, min(caller_acts.us) AS us
FROM caller_acts
LEFT JOIN issued_credentials ON issued_credentials.credential = caller_acts.issued_credential
WHERE
    (caller_acts.issued IS NOT NULL OR issued_credentials.credential IS NOT NULL)
    AND caller_acts.outcome = 'ok'
GROUP BY caller_acts.caller, caller_acts.issued, issued_credentials.credential
ORDER BY us, caller, issued NULLS FIRST, issued_credential NULLS FIRST
