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
        SELECT streams.stream, cells.slot, min(cells.first_us) AS first_us, max(cells.last_us) AS last_us
        FROM cells
        JOIN streams
            ON streams.caller = cells.caller
            AND streams.session IS NOT DISTINCT FROM cells.session
            AND streams.system IS NOT DISTINCT FROM cells.system
        GROUP BY streams.stream, cells.slot
    ) AS slots
   
) AS begun
