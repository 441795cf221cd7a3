-- What judged callers did in the period. Pipelines read all day: of theirs only what may have changed something, and what
-- was done on a host, counts.
SELECT caller_acts.*, judged.person, judged.actor_class, judged.through, judged.whole_of
FROM caller_acts
JOIN judged ON judged.caller = caller_acts.caller
WHERE
    caller_acts.us >= $period_from
    AND (
        judged.actor_class <> 'pipeline'
        OR caller_acts.outcome = 'ok'
        AND (caller_acts.category IN ('change', 'secret', 'grant', 'audit-trail') OR caller_acts.provider IN ($shells))
    )
