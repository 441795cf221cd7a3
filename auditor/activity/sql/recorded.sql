-- Events but for the calls that an agent's server tells of (their id is made from the request's) where the log has the
-- same request as an event of its own.
SELECT *
FROM stored
WHERE
    request IS NULL
    OR event_id <> concat('request:', request)
    OR request NOT IN (
        SELECT request FROM stored WHERE request IS NOT NULL AND event_id <> concat('request:', request)
    )
