-- What some accounts did in the period, and who asked for a session as one of them: each way of it once, with how often,
-- when and one act that shows it. Days are those of the zone, from Monday, 0, on.
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
FROM used
GROUP BY
    provider, scope, account, actor_kind, credential, opener, person, actor_class, whole_of, invoked_by,
    category, action, level, outcome, resource, permissions
ORDER BY
    first_us, account NULLS FIRST, action, resource NULLS FIRST, permissions NULLS FIRST, outcome,
    credential NULLS FIRST, sample
