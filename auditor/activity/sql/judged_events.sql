-- Single events that rules judge by themselves: grants and changes to the audit trail by anybody but the provider's own
-- services, changes to what keeps it, whatever root and break-glass did, sessions that somebody was refused, and robots'
-- accounts that a person stands behind or that use a console. A principal's floods are cut: so many a day of each sort and outcome, and
-- where even these are too many, everybody's later ones of a day; `found` counts all of them.
SELECT *
FROM (
    SELECT *
    FROM (
        SELECT
            judged_events.*,
            row_number() OVER (
                PARTITION BY judged_events.principal, judged_events.category, judged_events.outcome, judged_events.day
                ORDER BY
                    judged_events.us, judged_events.event_id, judged_events.provider, judged_events.source, judged_events.origin, judged_events.record, judged_events.action
            ) AS nth,
            count(*) OVER () AS found
        FROM (
            SELECT
                named_acts.event_id, named_acts.us, actors.person, actors.actor_class, named_acts.provider, named_acts.scope,
                named_acts.account, named_acts.actor, named_acts.credential, named_acts.category, named_acts.action,
                named_acts.outcome, named_acts.resource, named_acts.source_ip, named_acts.user_agent, named_acts.invoked_by, named_acts.ticket,
                named_acts.detail, named_acts.source, named_acts.origin, named_acts.record, named_acts.sha256,
                coalesce(actors.account, named_acts.account, named_acts.actor, '') AS principal,
                log_stores.resource IS NOT NULL AND named_acts.level <> 'read' AS keeps_log,
                named_acts.us // 86400000000 AS day
            FROM named_acts
            JOIN actors ON actors.caller = named_acts.caller
            LEFT JOIN log_stores
                ON log_stores.provider = named_acts.provider
                AND log_stores.scope = named_acts.scope
                AND log_stores.resource = named_acts.resource
            WHERE
                named_acts.us >= $period_from
                AND (
                    named_acts.category IN ($safeguards) AND actors.actor_class <> 'provider'
                    OR log_stores.resource IS NOT NULL AND named_acts.level <> 'read' AND actors.actor_class <> 'provider'
                    OR actors.actor_class IN ('root', 'break-glass')
                    OR named_acts.action IN ($session_requests) AND named_acts.outcome = 'denied'
                    AND actors.actor_class IN ('person', 'unknown', 'service')
                    OR actors.actor_class IN ('service', 'pipeline')
                    AND (actors.person IS NOT NULL OR named_acts.action IN ($console_sign_ins))
                )
        ) AS judged_events
    ) AS numbered
    WHERE nth <= $events_a_day
    ORDER BY nth, us, event_id, provider, source, origin, record
    LIMIT $judged_events
) AS kept
ORDER BY us, event_id, provider, source, origin, record
