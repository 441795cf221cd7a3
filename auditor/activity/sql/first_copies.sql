-- One row of each doubled event: the first by where it was read.
SELECT *
FROM (
    SELECT
        recorded.*,
        row_number() OVER (
            PARTITION BY provider, event_id
            ORDER BY source, origin, record, sha256, us, scope, actor NULLS FIRST, action, resource NULLS FIRST
        ) AS copy
    FROM recorded
    SEMI JOIN duplicate_events USING (provider, event_id)
) AS copies
WHERE copy = 1
