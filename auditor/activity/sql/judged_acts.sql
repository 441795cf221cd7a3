-- Acts of judged callers in the period: on which system, in which slot, whether they changed something, whether a window
-- of theirs covered that, and what was signed in to.
-- A slot is as long as the session gap, so that no pause inside one ends an episode; a shell's session is one slot.
-- Robots, and cloud callers whom nobody knows, have ever new sessions: theirs do not count.
SELECT
    found.caller, found.session, found.system, found.slot, found.changed,
    found.changed AND window_hours.hour IS NULL AS uncovered,
    found.login_target,
    coalesce(found.login_target IS NOT NULL AND (found.shell OR regexp_matches(found.login_target, $machines)), FALSE) AS on_machine,
    found.us, found.action, found.category, found.level, found.outcome, found.resource, found.source_ip, found.user_agent,
    found.invoked_by, found.event_id, found.actor_class
FROM (
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
        CASE WHEN calls.category = 'login' AND calls.outcome = 'ok' THEN calls.resource END AS login_target,
        calls.us, calls.action, calls.category, calls.level, calls.outcome, calls.resource, calls.source_ip,
        calls.user_agent, calls.invoked_by, calls.event_id
    FROM judged_caller_acts AS calls
    LEFT JOIN placed
        ON placed.provider = calls.provider
        AND placed.scope = calls.scope
        AND placed.resource IS NOT DISTINCT FROM calls.resource
) AS found
LEFT JOIN window_hours
    ON window_hours.person = found.person
    AND window_hours.system = found.system
    AND window_hours.hour = CASE WHEN found.changed THEN found.us // 3600000000 END
    AND found.us BETWEEN window_hours.opens_us AND window_hours.closes_us
