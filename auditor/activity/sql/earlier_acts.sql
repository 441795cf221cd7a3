-- What was done last to the same thing in the same way before each of some acts, since some time.
SELECT *
FROM (
    SELECT
        recorded.event_id, recorded.us, recorded.account, recorded.actor, recorded.source, recorded.origin, recorded.record,
        recorded.sha256, recorded.detail, sought.act,
        row_number() OVER (PARTITION BY sought.act ORDER BY recorded.us DESC, recorded.event_id DESC) AS nth
    FROM recorded
    INNER JOIN sought USING (provider, scope, action, resource)
    WHERE recorded.outcome = 'ok' AND recorded.us >= sought.since_us AND recorded.us < sought.act_us
) AS found
WHERE nth = 1
