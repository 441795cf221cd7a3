-- Which episode each sitting is of: one of its own, or the one that stands for all of its holder's that are alike.
SELECT
    stream, sitting, first_us, last_us, events, changes,
    CASE
        WHEN summed THEN -10 * holder - weight
        WHEN nth > most THEN -10 * holder - 5 - weight
        ELSE row_number() OVER (ORDER BY stream, sitting)
    END AS episode,
    NOT summed AND nth > most AS beyond
FROM sittings
CROSS JOIN episode_bound
