-- Acts of judged callers in the period: on which system, in which slot, whether they changed something, and what was signed in to.
-- A slot is as long as the session gap, so that no pause inside one ends an episode; a shell's session is one slot.
-- Robots, and cloud callers whom nobody knows, have ever new sessions: theirs do not count.
SELECT
    calls.caller, calls.person, calls.actor_class,
    coalesce(placed.system, calls.whole_of) AS system,
    calls.provider IN ($shells) AS shell,
    CASE
        WHEN calls.actor_class = 'service' THEN NULL
        WHEN calls.actor_class IN ('pipeline', 'unknown') AND calls.provider NOT IN ($shells) THEN NULL
        ELSE calls.session
    END AS session,
    CASE WHEN calls.provider IN ($shells) AND calls.session IS NOT NULL THEN 0 ELSE calls.us // $gap END AS slot,
    calls.outcome = 'ok'
        AND calls.level IN ('write', 'admin')
        AND calls.category IN ('change', 'secret', 'grant', 'audit-trail') AS changed,
    calls.invoked_by IS NOT NULL AND calls.through IS NULL AS by_service,
    CASE WHEN calls.category = 'login' AND calls.outcome = 'ok' THEN calls.resource END AS login_target,
    calls.us, calls.action, calls.category, calls.level, calls.outcome, calls.resource, calls.source_ip,
    calls.user_agent, calls.invoked_by, calls.event_id, calls.source, calls.origin, calls.record, calls.sha256
FROM judged_caller_acts AS calls
LEFT JOIN placed
    ON placed.provider = calls.provider
    AND placed.scope = calls.scope
    AND placed.resource IS NOT DISTINCT FROM calls.resource
