-- When the first and the last thing was named in the cells of each episode that weigh most, sign-ins aside.
SELECT DISTINCT episode, deed, address, invoked_by, uncovered, changes, done, unnest([named_from_us, named_to_us]) AS us
FROM (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY episode
            ORDER BY uncovered DESC, changes DESC, done DESC, named_from_us, deed, address NULLS FIRST, invoked_by NULLS FIRST
        ) AS place
    FROM episode_groups
    WHERE named_from_us IS NOT NULL AND NOT signed_in
) AS cells
WHERE place <= $listed
