-- What was done in each slot of each stream, in numbers, and whether a sitting begins or ends with it: one does at a pause
-- longer than the session gap. `weight` tells the most that was done: a change outside windows, a change, a session on a
-- machine, another login, anything else.
SELECT
    stream, holder, summed, slot, first_us, last_us, events, changes, weight,
    coalesce(first_us - lag(last_us) OVER (PARTITION BY stream ORDER BY slot) > $gap, TRUE) AS begins,
    coalesce(lead(first_us) OVER (PARTITION BY stream ORDER BY slot) - last_us > $gap, TRUE) AS ends
FROM (
    SELECT
        stream, holder, slot,
        bool_and(summed) AS summed,
        min(us) AS first_us,
        max(us) AS last_us,
        CAST(count(*) AS INTEGER) AS events,
        CAST(count(CASE WHEN changed THEN 1 END) AS INTEGER) AS changes,
        max(CASE
            WHEN uncovered THEN 4
            WHEN changed THEN 3
            WHEN on_machine THEN 2
            WHEN signed_in THEN 1
            ELSE 0
        END) AS weight
    FROM judged_acts
    GROUP BY stream, holder, slot
) AS slots
