-- What judged callers did in the period. Pipelines read all day: of theirs only what may have changed something, and what
-- was done on a host, counts.
SELECT
    acts.*, deeds.action, deeds.category, deeds.level, deeds.outcome, deeds.changed, deeds.signed_in,
    judged.provider, judged.scope, judged.invoked_by, judged.person, judged.actor_class, judged.whole_of,
    judged.shell, judged.by_session, judged.by_service
FROM numbered_acts AS acts
JOIN judged ON judged.caller = acts.caller
JOIN deeds ON deeds.deed = acts.deed
WHERE
    acts.us >= $period_from
    AND (judged.actor_class <> 'pipeline' OR deeds.grave OR deeds.outcome = 'ok' AND judged.shell)
