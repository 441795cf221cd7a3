-- What people asked access brokers for, what was answered, and what brokers then wrote as the provider's own services: rights
-- that nobody else is said to have given. Nothing is read of providers whose brokers nobody asked. A principal's floods are cut.
SELECT *
FROM (
    SELECT
        caller_acts.event_id, caller_acts.us, actors.person, actors.actor_class, caller_acts.provider, caller_acts.scope,
        caller_acts.account, caller_acts.actor, caller_acts.credential, caller_acts.category, caller_acts.action,
        caller_acts.outcome, caller_acts.resource, caller_acts.source_ip, caller_acts.user_agent, caller_acts.invoked_by, caller_acts.ticket,
        caller_acts.detail, caller_acts.source, caller_acts.origin, caller_acts.record, caller_acts.sha256,
        row_number() OVER (
            PARTITION BY actors.caller, caller_acts.us // 86400000000
            ORDER BY caller_acts.us, caller_acts.event_id, caller_acts.source, caller_acts.origin, caller_acts.record
        ) AS nth
    FROM caller_acts
    JOIN actors ON actors.caller = caller_acts.caller
    WHERE
        caller_acts.us >= $period_from
        AND caller_acts.category = 'grant'
        AND caller_acts.outcome = 'ok'
        AND (caller_acts.level = 'read' OR actors.actor_class = 'provider')
        AND caller_acts.provider IN (
            SELECT asked.provider FROM caller_acts AS asked
            WHERE asked.category = 'grant' AND asked.level = 'read' AND asked.outcome = 'ok'
        )
) AS numbered
WHERE nth <= $events_a_day
ORDER BY us, event_id, provider, source, origin, record
