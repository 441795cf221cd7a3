-- Acts of judged callers in the period: on which system, in which slot, and whether they changed something.
-- A slot is as long as the session gap, so that no pause inside one ends an episode; a shell's session is one slot.
-- Robots, and cloud callers whom nobody knows, have ever new sessions: theirs do not count.
SELECT
    caller, session, person, actor_class, system,
    CASE WHEN provider IN ($shells) AND session IS NOT NULL THEN 0 ELSE us // $gap END AS slot,
    outcome = 'ok'
        AND level IN ('write', 'admin')
        AND category IN ('change', 'secret', 'grant', 'audit-trail') AS changed,
    CASE WHEN category = 'login' AND outcome = 'ok' THEN resource END AS login_target,
    us, action, category, level, outcome, resource, source_ip, user_agent, event_id
FROM (
    SELECT
        calls.caller, calls.provider, calls.person, calls.actor_class, placed.system,
        CASE
            WHEN calls.actor_class = 'service' THEN NULL
            WHEN calls.actor_class IN ('pipeline', 'unknown') AND calls.provider NOT IN ($shells) THEN NULL
            ELSE calls.session
        END AS session,
        calls.us, calls.action, calls.category, calls.level, calls.outcome, calls.resource,
        calls.source_ip, calls.user_agent, calls.event_id
    FROM judged_caller_acts AS calls
    LEFT JOIN placed
        ON placed.provider = calls.provider
        AND placed.scope = calls.scope
        AND placed.resource IS NOT DISTINCT FROM calls.resource
) AS found
