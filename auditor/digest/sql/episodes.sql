-- One row for each episode; it is named after the caller of its first act.
SELECT
    judged.person, judged.actor_class, judged.account,
    callers.actor, callers.credential, callers.provider, callers.scope,
    counted.opening.session AS session,
    counted.opening.system AS system,
    counted.starts_us, counted.ends_us, counted.events, counted.logins, counted.reads, counted.changes, counted.denied,
    counted.level, counted.uncovered, counted.uncovered_from_us, counted.uncovered_to_us,
    counted.sample.event_id AS event_id,
    pointers.pointer,
    traits.actions, traits.resources, traits.source_ips, traits.user_agents
FROM counted
JOIN judged ON judged.caller = counted.opening.caller
JOIN callers ON callers.caller = counted.opening.caller
JOIN pointers ON pointers.event_id = counted.sample.event_id AND pointers.us = counted.sample.us
LEFT JOIN traits ON traits.stream = counted.stream AND traits.sitting = counted.sitting
ORDER BY counted.starts_us, counted.stream, counted.sitting
