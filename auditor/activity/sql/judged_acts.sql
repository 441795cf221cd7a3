-- Placed acts with their stream, and whether a window of theirs covered what they changed. What a service does for somebody it
-- was asked for before: that covers it for as long as the tail of a session lasts.
SELECT
    found.*, streams.stream, streams.holder, streams.summed,
    found.changed AND window_hours.hour IS NULL AND asked.hour IS NULL AS uncovered,
    coalesce(found.login_target IS NOT NULL AND (found.shell OR regexp_matches(found.login_target, $machines)), FALSE) AS on_machine
FROM placed_acts AS found
JOIN streams
    ON streams.caller = found.caller
    AND streams.session IS NOT DISTINCT FROM found.session
    AND streams.system IS NOT DISTINCT FROM found.system
LEFT JOIN window_hours
    ON window_hours.person = found.person
    AND window_hours.system = found.system
    AND window_hours.hour = CASE WHEN found.changed THEN found.us // 3600000000 END
    AND found.us BETWEEN window_hours.opens_us AND window_hours.closes_us
LEFT JOIN window_hours AS asked
    ON asked.person = found.person
    AND asked.system = found.system
    AND asked.hour = CASE WHEN found.changed AND found.by_service THEN (found.us - $gap) // 3600000000 END
    AND found.us - $gap BETWEEN asked.opens_us AND asked.closes_us
