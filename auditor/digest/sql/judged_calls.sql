-- What judged callers did in the period. Pipelines read all day: of theirs only what may have changed something, and what
-- was done on a host, counts.
SELECT called.*, judged.person, judged.actor_class
FROM called
JOIN judged ON judged.caller = called.caller
WHERE
    called.us >= $period_from
    AND (
        judged.actor_class <> 'pipeline'
        OR called.outcome = 'ok'
        AND (called.category IN ('change', 'secret', 'grant', 'audit-trail') OR called.provider = 'ssh')
    )
