-- Placed acts with their stream, whether a window of theirs covered what they changed, and the most that was done: a change
-- outside windows, a change, a session on a machine, another login, anything else.
SELECT
    found.*,
    CASE
        WHEN found.uncovered THEN 4
        WHEN found.changed THEN 3
        WHEN found.on_machine THEN 2
        WHEN found.signed_in THEN 1
        ELSE 0
    END AS weight
FROM (
    SELECT
        placed_acts.*, streams.stream, streams.holder, streams.summed,
        placed_acts.changed AND window_hours.hour IS NULL AS uncovered,
        coalesce(
            placed_acts.login_target IS NOT NULL AND (placed_acts.shell OR regexp_matches(placed_acts.login_target, $machines)), FALSE
        ) AS on_machine
    FROM placed_acts
    JOIN streams
        ON streams.caller = placed_acts.caller
        AND streams.session IS NOT DISTINCT FROM placed_acts.session
        AND streams.system IS NOT DISTINCT FROM placed_acts.system
    LEFT JOIN window_hours
        ON window_hours.person = placed_acts.person
        AND window_hours.system = placed_acts.system
        AND (window_hours.scope IS NULL OR window_hours.scope = placed_acts.scope AND window_hours.provider = placed_acts.provider)
        AND window_hours.hour = CASE WHEN placed_acts.changed THEN placed_acts.us // 3600000000 END
        AND placed_acts.us BETWEEN
            window_hours.opens_us AND CASE WHEN placed_acts.by_service THEN window_hours.tail_us ELSE window_hours.closes_us END
) AS found
