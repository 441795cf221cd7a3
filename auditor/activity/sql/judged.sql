-- Callers whose acts are judged, and who is behind each. Robots, and cloud callers whom nobody knows, have ever new
-- sessions: theirs do not count.
SELECT
    actors.*, callers.provider, callers.scope, callers.invoked_by,
    callers.provider IN ($shells) AS shell,
    actors.actor_class NOT IN ('service', 'pipeline', 'unknown')
    OR actors.actor_class <> 'service' AND callers.provider IN ($shells) AS by_session,
    callers.invoked_by IS NOT NULL AND actors.through IS NULL AS by_service
FROM actors
JOIN callers ON callers.caller = actors.caller
WHERE actors.actor_class IN ($judged)
