-- Calls that the logs of several accounts have: whose log tells best who called, and whose is that of the thing. Of a caller from
-- elsewhere an account is told no more than an id; the caller's own log has all of the caller. One log has a call once.
SELECT call, provider, event_id, by_caller, by_place
FROM (
    SELECT
        call, provider, event_id,
        count(*) OVER (PARTITION BY call) AS copies,
        row_number() OVER (
            PARTITION BY call
            ORDER BY
                CASE WHEN actor_kind = 'AWSAccount' THEN 1 ELSE 0 END,
                CASE WHEN issued_credential IS NULL THEN 1 ELSE 0 END, event_id
        ) AS by_caller,
        row_number() OVER (
            PARTITION BY call
            ORDER BY CASE WHEN account LIKE concat('%:', scope, ':%') THEN 1 ELSE 0 END, event_id
        ) AS by_place
    FROM (
        SELECT
            provider, event_id, actor_kind, issued_credential, account, scope,
            concat(
                request, ' ', action, ' ',
                CAST(row_number() OVER (PARTITION BY request, action, scope ORDER BY event_id) AS VARCHAR)
            ) AS call
        FROM told_once
        WHERE request LIKE 'shared:%'
    ) AS copied
) AS told
WHERE copies > 1
