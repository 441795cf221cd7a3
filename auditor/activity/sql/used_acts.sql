-- What some accounts did in the period, and who asked for a session as one of them: each way of it once, with how often,
-- when and one act that shows it. Week days are UTC's, from Monday, 0, on.
SELECT
    provider, scope, account, actor_kind, credential, opener, person, actor_class, whole_of, invoked_by,
    category, action, level, outcome, resource, permissions,
    count(*) AS events,
    sum(CASE WHEN us >= $period_to - 604800000000 THEN 1 ELSE 0 END) AS recent,
    count(DISTINCT day) AS days,
    min(us) AS first_us,
    max(us) AS last_us,
    CASE WHEN min((day + 3) % 7) = max((day + 3) % 7) THEN min((day + 3) % 7) END AS weekday,
    min(ticket) AS first_ticket,
    max(ticket) AS last_ticket,
    min({
        'us': us, 'event_id': event_id, 'source': source, 'origin': origin, 'record': record, 'sha256': sha256
    }) AS sample
FROM (
    SELECT
        caller_acts.provider, caller_acts.scope, caller_acts.account, caller_acts.actor_kind, caller_acts.credential,
        actors.opener, actors.person, actors.actor_class, actors.whole_of, caller_acts.invoked_by,
        caller_acts.category, caller_acts.action, caller_acts.level, caller_acts.outcome, caller_acts.resource,
        caller_acts.permissions,
        caller_acts.us, caller_acts.us // 86400000000 AS day, caller_acts.ticket,
        caller_acts.event_id, caller_acts.source, caller_acts.origin, caller_acts.record, caller_acts.sha256
    FROM caller_acts
    JOIN actors ON actors.caller = caller_acts.caller
    WHERE
        caller_acts.us >= $period_from
        AND (
            caller_acts.account IN (SELECT account FROM asked_accounts)
            OR caller_acts.action IN ($session_requests)
            AND caller_acts.resource IN (SELECT account FROM asked_accounts)
        )
) AS used
GROUP BY
    provider, scope, account, actor_kind, credential, opener, person, actor_class, whole_of, invoked_by,
    category, action, level, outcome, resource, permissions
ORDER BY
    first_us, account NULLS FIRST, action, resource NULLS FIRST, permissions NULLS FIRST, outcome,
    credential NULLS FIRST, sample
