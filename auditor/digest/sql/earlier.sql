-- What was done before to the same things in the same way: the latest few of each.
SELECT *
FROM (
    SELECT
        recorded.event_id, recorded.us, recorded.provider, recorded.scope, recorded.action, recorded.resource, recorded.account,
        recorded.actor, recorded.source, recorded.origin, recorded.record, recorded.sha256,
        row_number() OVER (
            PARTITION BY recorded.provider, recorded.scope, recorded.action, recorded.resource
            ORDER BY recorded.us DESC, recorded.event_id DESC
        ) AS nth
    FROM recorded
    SEMI JOIN sought USING (provider, scope, action, resource)
    WHERE recorded.outcome = 'ok' AND recorded.us < $period_to
) AS found
WHERE nth <= 50
ORDER BY us, event_id
