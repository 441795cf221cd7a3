-- Slots of each stream, numbered by sitting: a new one begins after a pause longer than the session gap.
SELECT
    stream, holder, summed, slot, first_us, last_us, events, changes, weight,
    sum(begins) OVER (PARTITION BY stream ORDER BY slot) AS sitting
FROM (
    SELECT
        slots.*,
        CASE
            WHEN first_us - lag(last_us) OVER (PARTITION BY stream ORDER BY slot) <= $gap THEN 0
            ELSE 1
        END AS begins
    FROM (
        SELECT
            streams.stream, streams.holder, slot_acts.slot,
            bool_and(streams.summed) AS summed,
            min(slot_acts.first_us) AS first_us,
            max(slot_acts.last_us) AS last_us,
            CAST(sum(slot_acts.events) AS BIGINT) AS events,
            CAST(sum(slot_acts.changes) AS BIGINT) AS changes,
            max(slot_acts.weight) AS weight
        FROM slot_acts
        JOIN streams
            ON streams.caller = slot_acts.caller
            AND streams.session IS NOT DISTINCT FROM slot_acts.session
            AND streams.system IS NOT DISTINCT FROM slot_acts.system
        GROUP BY streams.stream, streams.holder, slot_acts.slot
    ) AS slots
) AS begun
