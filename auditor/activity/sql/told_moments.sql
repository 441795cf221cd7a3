-- When each episode began, and when the acts were that may be its samples.
SELECT episode, starts_us AS us FROM episode_counts
UNION
SELECT episode, us
FROM (
    SELECT episode, us, rank() OVER (PARTITION BY episode ORDER BY choice, us) AS place
    FROM (
        SELECT
            episode,
            CASE WHEN changes = 0 THEN 2 WHEN uncovered > 0 THEN 0 ELSE 1 END AS choice,
            coalesce(uncovered_from_us, first_us) AS us
        FROM episode_groups
        WHERE NOT signed_in
        UNION ALL
        SELECT episode, 2 AS choice, first_us AS us FROM login_targets
    ) AS chosen
) AS places
WHERE place = 1 OR episode < 0 AND place <= $samples
