-- How much each account and each lasting credential was used with success, over all evidence up to the period's end.
-- A role session counts for the role and for the account that the session was traced to.
SELECT kind, name, CAST(sum(events) AS BIGINT) AS events, min(first_us) AS first_us, max(last_us) AS last_us
FROM (
    SELECT 'account' AS kind, account AS name, ok_events AS events, ok_first_us AS first_us, ok_last_us AS last_us
    FROM callers
    UNION ALL
    SELECT 'account', actors.account, ok_events, ok_first_us, ok_last_us
    FROM callers
    JOIN actors ON actors.caller = callers.caller
    WHERE actors.account IS DISTINCT FROM callers.account
    UNION ALL
    SELECT 'credential', credential, ok_events, ok_first_us, ok_last_us
    FROM callers
    WHERE NOT regexp_matches(credential, $temporary)
) AS used
WHERE name IS NOT NULL AND events > 0
GROUP BY kind, name
ORDER BY kind, name
