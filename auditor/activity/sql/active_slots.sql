-- What was done in each slot of each stream, in numbers, and whether a sitting begins or ends with it: one does at a pause
-- longer than the session gap. `least` is the least that was done; below nothing where some act is judged by itself.
SELECT
    stream, holder, least >= 0 AS summed, slot, first_us, last_us, events, changes, weight, least,
    coalesce(first_us - lag(last_us) OVER (PARTITION BY stream ORDER BY slot) > $gap, TRUE) AS begins,
    coalesce(lead(first_us) OVER (PARTITION BY stream ORDER BY slot) - last_us > $gap, TRUE) AS ends
FROM (
    SELECT
        stream, holder, slot,
        min(us) AS first_us,
        max(us) AS last_us,
        CAST(count(*) AS INTEGER) AS events,
        CAST(count(CASE WHEN changed THEN 1 END) AS INTEGER) AS changes,
        max(weight) AS weight,
        min(CASE WHEN summed THEN weight ELSE -1 END) AS least
    FROM judged_acts
    GROUP BY stream, holder, slot
) AS slots
