-- Which episode each sitting is of: one of its own, or the one that stands for all of its holder's that are alike.
SELECT
    stream, sitting, first_us, last_us, events, changes,
    CASE WHEN nth > most THEN CAST(-10 AS BIGINT) * holder - 5 - weight ELSE number END AS episode,
    nth > most AS beyond
FROM judged_sittings
CROSS JOIN episode_bound
UNION ALL
SELECT stream, sitting, first_us, last_us, events, changes, CAST(-10 AS BIGINT) * holder - weight AS episode, FALSE AS beyond
FROM sittings
WHERE summed
