-- Placed acts with their stream, and whether a window of theirs covered what they changed.
SELECT
    found.*, streams.stream, streams.holder, streams.summed,
    found.changed AND window_hours.hour IS NULL AS uncovered,
    coalesce(found.login_target IS NOT NULL AND (found.shell OR regexp_matches(found.login_target, $machines)), FALSE) AS on_machine
FROM placed_acts AS found
JOIN streams
    ON streams.caller = found.caller
    AND streams.session IS NOT DISTINCT FROM found.session
    AND streams.system IS NOT DISTINCT FROM found.system
LEFT JOIN window_hours
    ON window_hours.person = found.person
    AND window_hours.system = found.system
    AND (window_hours.scope IS NULL OR window_hours.scope = found.scope AND window_hours.provider = found.provider)
    AND window_hours.hour = CASE WHEN found.changed THEN found.us // 3600000000 END
    AND found.us BETWEEN window_hours.opens_us AND CASE WHEN found.by_service THEN window_hours.tail_us ELSE window_hours.closes_us END
