-- What was done last to the same thing in the same way before each of some acts, since some time.
SELECT *
FROM (
    SELECT
        events.event_id, events.us, events.account, events.actor, events.source, events.origin, events.record,
        events.sha256, events.detail, sought.act,
        row_number() OVER (PARTITION BY sought.act ORDER BY events.us DESC, events.event_id DESC) AS nth
    FROM events
    INNER JOIN sought USING (provider, scope, action, resource)
    WHERE events.outcome = 'ok' AND events.us >= sought.since_us AND events.us < sought.act_us
) AS found
WHERE nth = 1
