-- Acts of judged callers in the period: on which system, in which slot, whether they changed something, and what was signed in to.
-- A slot is as long as the session gap, so that no pause inside one ends an episode; a shell's session is one slot.
SELECT
    calls.caller, calls.provider, calls.scope, calls.person, calls.actor_class, calls.shell, calls.by_service, calls.invoked_by,
    coalesce(placed.system, calls.whole_of) AS system,
    CASE WHEN calls.by_session THEN calls.session END AS session,
    CASE WHEN calls.shell AND calls.session IS NOT NULL THEN 0 ELSE calls.us // $gap END AS slot,
    CASE WHEN calls.signed_in THEN calls.resource END AS login_target,
    calls.us, calls.deed, calls.address, calls.program, calls.action, calls.category, calls.level, calls.outcome,
    calls.changed, calls.signed_in, calls.resource, calls.event_id, calls.source, calls.origin, calls.record, calls.sha256
FROM judged_caller_acts AS calls
LEFT JOIN placed
    ON placed.provider = calls.provider
    AND placed.scope = calls.scope
    AND placed.resource IS NOT DISTINCT FROM calls.resource
