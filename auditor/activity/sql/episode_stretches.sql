-- When the sittings were that an episode stands for: each, or, where they are too many to be drawn, by slices of the
-- period.
WITH counted AS (
    SELECT episode, count(*) AS sittings
    FROM episode_sittings
    GROUP BY episode
)
SELECT
    episode,
    bool_or(beyond) AS beyond,
    CAST(sum(sittings) AS BIGINT) AS sittings,
    list_sort(array_agg([first_us, last_us, changes, events])) AS stretches
FROM (
    SELECT sat.episode, sat.beyond, 1 AS sittings, sat.first_us, sat.last_us, sat.changes, sat.events
    FROM episode_sittings AS sat
    JOIN counted ON counted.episode = sat.episode
    WHERE counted.sittings <= $drawn
    UNION ALL
    SELECT
        sat.episode,
        bool_or(sat.beyond) AS beyond,
        count(*) AS sittings,
        min(sat.first_us) AS first_us,
        max(sat.last_us) AS last_us,
        CAST(sum(sat.changes) AS BIGINT) AS changes,
        CAST(sum(sat.events) AS BIGINT) AS events
    FROM episode_sittings AS sat
    JOIN counted ON counted.episode = sat.episode
    WHERE counted.sittings > $drawn
    GROUP BY sat.episode, sat.first_us // $slice
) AS stretches
GROUP BY episode
