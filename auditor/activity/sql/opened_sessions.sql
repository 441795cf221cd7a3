-- Sessions that callers opened and that somebody then used: whose, under which name and key, first and last when.
SELECT opened.caller, opened.issued, opened.issued_credential, min(opened.us) AS us, max(opened.us) AS last_us
FROM (
    SELECT caller_acts.caller, caller_acts.us, names.name AS issued, keys.credential AS issued_credential
    FROM caller_acts
    LEFT JOIN session_names AS names ON names.name = caller_acts.issued
    LEFT JOIN (SELECT DISTINCT credential FROM callers) AS keys ON keys.credential = caller_acts.issued_credential
    WHERE
        (caller_acts.issued IS NOT NULL OR caller_acts.issued_credential IS NOT NULL)
        AND caller_acts.outcome = 'ok'
) AS opened
WHERE opened.issued IS NOT NULL OR opened.issued_credential IS NOT NULL
GROUP BY opened.caller, opened.issued, opened.issued_credential
ORDER BY us, caller, issued NULLS FIRST, issued_credential NULLS FIRST
