-- What people asked access brokers for, what was answered, and what brokers then wrote as the provider's own services: rights
-- that nobody else is said to have given. Nothing is read of providers whose brokers nobody asked. A principal's floods are cut.
SELECT *
FROM (
    SELECT
        named_acts.event_id, named_acts.us, actors.person, actors.actor_class, named_acts.provider, named_acts.scope,
        named_acts.account, named_acts.actor, named_acts.credential, named_acts.category, named_acts.action,
        named_acts.outcome, named_acts.resource, named_acts.source_ip, named_acts.user_agent, named_acts.invoked_by, named_acts.ticket,
        named_acts.detail, named_acts.source, named_acts.origin, named_acts.record, named_acts.sha256,
        row_number() OVER (
            PARTITION BY actors.caller, named_acts.us // 86400000000
            ORDER BY named_acts.us, named_acts.event_id, named_acts.source, named_acts.origin, named_acts.record
        ) AS nth
    FROM named_acts
    JOIN actors ON actors.caller = named_acts.caller
    WHERE
        named_acts.us >= $period_from
        AND named_acts.category = 'grant'
        AND named_acts.outcome = 'ok'
        AND (named_acts.level = 'read' OR actors.actor_class = 'provider')
        AND named_acts.provider IN (
            SELECT asked.provider FROM named_acts AS asked
            WHERE asked.category = 'grant' AND asked.level = 'read' AND asked.outcome = 'ok'
        )
) AS numbered
WHERE nth <= $events_a_day
ORDER BY us, event_id, provider, source, origin, record
