-- Single events that rules judge by themselves: grants and changes to the audit trail by anybody but the provider's own
-- services, whatever root and break-glass did, and robots' accounts that a person stands behind or that use a console. A principal's floods are cut: so many a day of each sort and outcome.
SELECT *
FROM (
    SELECT
        deeds.*,
        row_number() OVER (
            PARTITION BY deeds.principal, deeds.category, deeds.outcome, deeds.day
            ORDER BY
                deeds.us, deeds.event_id, deeds.provider, deeds.source, deeds.origin, deeds.record, deeds.action
        ) AS nth,
        count(*) OVER (PARTITION BY deeds.principal, deeds.category, deeds.outcome, deeds.day) AS altogether
    FROM (
        SELECT
            called.event_id, called.us, actors.person, actors.actor_class, called.provider, called.scope,
            called.account, called.actor, called.credential, called.category, called.action,
            called.outcome, called.resource, called.source_ip, called.user_agent, called.invoked_by, called.ticket,
            called.detail, called.source, called.origin, called.record, called.sha256,
            coalesce(actors.account, called.account, called.actor, '') AS principal,
            called.us // 86400000000 AS day
        FROM called
       
        JOIN actors ON actors.caller = called.caller
        WHERE
            called.us >= $period_from
            AND (
                called.category IN ('grant', 'audit-trail') AND actors.actor_class <> 'provider'
                OR actors.actor_class IN ('root', 'break-glass')
                OR actors.actor_class IN ('service', 'pipeline')
                AND (actors.person IS NOT NULL OR called.action = 'signin:ConsoleLogin')
            )
    ) AS deeds
) AS numbered
WHERE nth <= $deeds_a_day
ORDER BY us, event_id, provider, source, origin, record
