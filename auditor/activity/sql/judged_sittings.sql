-- The sittings that are judged one by one, numbered, each with its place among those of its holder: those with changes
-- outside windows first.
SELECT
    stream, sitting, holder, first_us, last_us, events, changes, weight,
    row_number() OVER (ORDER BY stream, sitting) AS number,
    row_number() OVER (PARTITION BY holder ORDER BY weight DESC, first_us, stream, sitting) AS nth
FROM sittings
WHERE NOT summed
