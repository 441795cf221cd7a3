-- Calls that the logs of two accounts have: whose log tells best who called, and whose where it was done. The account of the
-- thing is told of a stranger no more than the id; the caller's own, not always whose the thing is.
SELECT request, provider, event_id, by_caller, by_place
FROM (
    SELECT
        request, provider, event_id,
        count(*) OVER (PARTITION BY request) AS copies,
        row_number() OVER (
            PARTITION BY request
            ORDER BY
                CASE WHEN actor_kind = 'AWSAccount' THEN 1 ELSE 0 END,
                CASE WHEN issued_credential IS NULL THEN 1 ELSE 0 END, event_id
        ) AS by_caller,
        row_number() OVER (
            PARTITION BY request
            ORDER BY CASE WHEN account LIKE concat('%:', scope, ':%') THEN 1 ELSE 0 END, event_id
        ) AS by_place
    FROM told_once
    WHERE request LIKE 'shared:%'
) AS told
WHERE copies > 1
