-- What happened to one system, act by act: whatever was done to it, and what in the same accounts and on the same hosts
-- no system claims but may bear on it: sign-ins of people, changes of rights and of the audit trail, emergency access,
-- and what people did or were refused without the log naming a resource. Acts of one sort by one actor in the same
-- quarter of an hour are counted, and only the first of them kept; of reads, the first alone,
-- of changes of rights and of the audit trail as many as anybody reads. Where even that is too much, these go last, and
-- what changed nothing goes first.
SELECT *
FROM (
    SELECT *
    FROM (
        SELECT
            told.*,
            row_number() OVER (
                PARTITION BY provider, scope, principal, person, invoked_by, action, category, outcome, system, us // 900000000
                ORDER BY us, event_id, source, origin, record
            ) AS nth,
            count(*) OVER (
                PARTITION BY provider, scope, principal, person, invoked_by, action, category, outcome, system, us // 900000000
            ) AS altogether,
            max(us) OVER (
                PARTITION BY provider, scope, principal, person, invoked_by, action, category, outcome, system, us // 900000000
            ) AS until_us
        FROM (
            SELECT
                named_acts.event_id, named_acts.us, actors.person, actors.actor_class,
                coalesce(actors.account, named_acts.account, named_acts.actor, '') AS principal,
                named_acts.provider, named_acts.scope,
                coalesce(placed.system, actors.whole_of) AS system, named_acts.session, named_acts.category, named_acts.action, named_acts.level,
                named_acts.outcome, named_acts.resource, named_acts.source_ip, named_acts.invoked_by, named_acts.ticket, named_acts.detail,
                named_acts.source, named_acts.origin, named_acts.record, named_acts.sha256
            FROM named_acts
            JOIN actors ON actors.caller = named_acts.caller
            LEFT JOIN placed
                ON placed.provider = named_acts.provider
                AND placed.scope = named_acts.scope
                AND placed.resource IS NOT DISTINCT FROM named_acts.resource
            LEFT JOIN places ON places.provider = named_acts.provider AND places.scope = named_acts.scope
            WHERE
                named_acts.us >= $period_from
                AND named_acts.us < $period_to
                AND actors.actor_class <> 'provider'
                AND (
                    coalesce(placed.system, actors.whole_of) IN (SELECT system FROM asked)
                    OR coalesce(placed.system, actors.whole_of) IS NULL
                    AND places.scope IS NOT NULL
                    AND (
                        named_acts.category IN ($safeguards)
                        OR actors.actor_class IN ('root', 'break-glass')
                        OR actors.actor_class IN ('person', 'unknown')
                        AND (named_acts.category = 'login' OR named_acts.resource IS NULL AND named_acts.category <> 'read')
                    )
                )
            UNION ALL
            SELECT
                events.event_id, events.us, NULL AS person, 'unknown' AS actor_class,
                coalesce(events.account, events.actor, '') AS principal,
                events.provider, events.scope, NULL AS system, events.session, events.category, events.action, events.level,
                events.outcome, events.resource, events.source_ip, events.invoked_by, events.ticket, events.detail,
                events.source, events.origin, events.record, events.sha256
            FROM events
            JOIN places ON places.provider = events.provider AND places.scope = events.scope
            WHERE
                events.us >= $period_from
                AND events.us < $period_to
                AND events.category = 'login'
                AND events.outcome <> 'ok'
                AND NOT (events.outcome = 'denied' AND events.action IN ($session_requests))
        ) AS told
    ) AS numbered
    WHERE
        nth <= CASE
            WHEN outcome = 'ok' AND category = 'read' THEN 1
            WHEN outcome = 'ok' AND category IN ($safeguards) THEN 500
            ELSE 20
        END
    ORDER BY
        CASE
            WHEN category IN ($safeguards) THEN 0
            WHEN category IN ('login', 'read') OR outcome <> 'ok' THEN 2
            ELSE 1
        END,
        us, event_id, source, origin, record
    LIMIT 20000
) AS kept
ORDER BY us, event_id, source, origin, record
