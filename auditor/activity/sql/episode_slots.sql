-- Slots of each stream, numbered by episode: a new one begins after a pause longer than the session gap.
SELECT stream, slot, sum(begins) OVER (PARTITION BY stream ORDER BY slot) AS sitting
FROM (
    SELECT
        stream, slot,
        CASE
            WHEN first_us - lag(last_us) OVER (PARTITION BY stream ORDER BY slot) <= $gap THEN 0
            ELSE 1
        END AS begins
    FROM (
        SELECT streams.stream, act_groups.slot, min(act_groups.first_act.us) AS first_us, max(act_groups.last_us) AS last_us
        FROM act_groups
        JOIN streams
            ON streams.caller = act_groups.caller
            AND streams.session IS NOT DISTINCT FROM act_groups.session
            AND streams.system IS NOT DISTINCT FROM act_groups.system
        GROUP BY streams.stream, act_groups.slot
    ) AS slots
) AS begun
