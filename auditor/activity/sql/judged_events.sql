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
                caller_acts.event_id, caller_acts.us, actors.person, actors.actor_class, caller_acts.provider, caller_acts.scope,
                caller_acts.account, caller_acts.actor, caller_acts.credential, caller_acts.category, caller_acts.action,
                caller_acts.outcome, caller_acts.resource, caller_acts.source_ip, caller_acts.user_agent, caller_acts.invoked_by, caller_acts.ticket,
                caller_acts.detail, caller_acts.source, caller_acts.origin, caller_acts.record, caller_acts.sha256,
                coalesce(actors.account, caller_acts.account, caller_acts.actor, '') AS principal,
                log_stores.resource IS NOT NULL AND caller_acts.level <> 'read' AS keeps_log,
                caller_acts.us // 86400000000 AS day
            FROM caller_acts
            JOIN actors ON actors.caller = caller_acts.caller
            LEFT JOIN log_stores
                ON log_stores.provider = caller_acts.provider
                AND log_stores.scope = caller_acts.scope
                AND log_stores.resource = caller_acts.resource
            WHERE
                caller_acts.us >= $period_from
                AND (
                    caller_acts.category IN ($safeguards) AND actors.actor_class <> 'provider'
                    OR log_stores.resource IS NOT NULL AND caller_acts.level <> 'read' AND actors.actor_class <> 'provider'
                    OR actors.actor_class IN ('root', 'break-glass')
                    OR caller_acts.action IN ($session_requests) AND caller_acts.outcome = 'denied'
                    AND actors.actor_class IN ('person', 'unknown', 'service')
                    OR actors.actor_class IN ('service', 'pipeline')
                    AND (actors.person IS NOT NULL OR caller_acts.action IN ($console_sign_ins))
                )
        ) AS judged_events
    ) AS numbered
    WHERE nth <= $events_a_day
    ORDER BY nth, us, event_id, provider, source, origin, record
    LIMIT $judged_events
) AS kept
ORDER BY us, event_id, provider, source, origin, record
