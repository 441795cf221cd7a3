-- When the sittings were that an episode stands for: each, or, where they are too many to be drawn, by slices of the
-- period.
SELECT
    episode,
    bool_or(beyond) AS beyond,
    CAST(sum(sittings) AS BIGINT) AS sittings,
    list_sort(array_agg({'first_us': first_us, 'last_us': last_us, 'changes': changes, 'events': events})) AS stretches
FROM (
    SELECT
        episode, slice,
        bool_or(beyond) AS beyond,
        count(*) AS sittings,
        min(first_us) AS first_us,
        max(last_us) AS last_us,
        CAST(sum(changes) AS BIGINT) AS changes,
        CAST(sum(events) AS BIGINT) AS events
    FROM (
        SELECT
            *,
            CASE
                WHEN count(*) OVER (PARTITION BY episode) <= $drawn
                    THEN row_number() OVER (PARTITION BY episode ORDER BY first_us, last_us, stream, sitting)
                ELSE first_us // $slice
            END AS slice
        FROM episode_sittings
    ) AS sliced
    GROUP BY episode, slice
) AS stretches
GROUP BY episode
