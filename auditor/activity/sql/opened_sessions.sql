-- Sessions that callers opened and that somebody then used: whose, under which name and key, first and last when.
SELECT opened.caller, opened.issued, opened.issued_credential, min(opened.us) AS us, max(opened.us) AS last_us
FROM (
    SELECT named_acts.caller, named_acts.us, names.name AS issued, keys.credential AS issued_credential
    FROM named_acts
    LEFT JOIN session_names AS names ON names.name = named_acts.issued
    LEFT JOIN (SELECT DISTINCT credential FROM callers) AS keys ON keys.credential = named_acts.issued_credential
    WHERE
        (named_acts.issued IS NOT NULL OR named_acts.issued_credential IS NOT NULL)
        AND named_acts.outcome = 'ok'
) AS opened
WHERE opened.issued IS NOT NULL OR opened.issued_credential IS NOT NULL
GROUP BY opened.caller, opened.issued, opened.issued_credential
ORDER BY us, caller, issued NULLS FIRST, issued_credential NULLS FIRST
