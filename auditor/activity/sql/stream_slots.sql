-- What was done in each slot of each stream, in numbers, numbered by sitting: a new one begins after a pause longer than the
-- session gap. `weight` tells the most that was done: a change outside windows, a change, a session on a machine, another
-- login, anything else.
SELECT
    stream, holder, summed, slot, first_us, last_us, events, changes, weight,
    CAST(sum(begins) OVER (PARTITION BY stream ORDER BY slot) AS INTEGER) AS sitting
FROM (
    SELECT
        slots.*,
        CASE
            WHEN first_us - lag(last_us) OVER (PARTITION BY stream ORDER BY slot) <= $gap THEN 0
            ELSE 1
        END AS begins
    FROM (
        SELECT
            stream, holder, slot,
            bool_and(summed) AS summed,
            min(us) AS first_us,
            max(us) AS last_us,
            count(*) AS events,
            count(CASE WHEN changed THEN 1 END) AS changes,
            max(CASE
                WHEN uncovered THEN 4
                WHEN changed THEN 3
                WHEN on_machine THEN 2
                WHEN category = 'login' AND outcome = 'ok' THEN 1
                ELSE 0
            END) AS weight
        FROM judged_acts
        GROUP BY stream, holder, slot
    ) AS slots
) AS begun
