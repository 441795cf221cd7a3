-- What is known of an episode beside its counts, those of changes first, what succeeded before what was refused. Of programs
-- each cell gives its least and greatest. What was signed in to has its place already.
SELECT episode, trait, value, first_us, last_us, place
FROM (
    SELECT
        episode, trait, value, min(first_us) AS first_us, max(last_us) AS last_us,
        row_number() OVER (
            PARTITION BY episode, trait
            ORDER BY sum(uncovered) DESC, sum(changes) DESC, sum(done) DESC, value
        ) AS place
    FROM (
        SELECT episode, 'change action' AS trait, action AS value, done, changes, uncovered, first_us, last_us FROM episode_groups
        WHERE changes > 0
        UNION ALL
        SELECT episode, 'login address', source_ip, done, changes, uncovered, first_us, last_us FROM episode_groups
        WHERE signed_in
        UNION ALL
        SELECT episode, 'action', action, done, changes, uncovered, first_us, last_us FROM episode_groups
        UNION ALL
        SELECT episode, 'resource', resource, done, changes, uncovered, us, us FROM named_things
        UNION ALL
        SELECT episode, 'resource', other_resource, done, changes, uncovered, us, us FROM named_things
        WHERE other_resource <> resource
        UNION ALL
        SELECT episode, 'resource', target, events, 0, 0, first_us, last_us FROM kept_targets
        WHERE place <= $listed OR touched
        UNION ALL
        SELECT episode, 'service', invoked_by, done, changes, uncovered, first_us, last_us FROM episode_groups
        WHERE changes > 0
        UNION ALL
        SELECT episode, 'source_ip', source_ip, done, changes, uncovered, first_us, last_us FROM episode_groups
        UNION ALL
        SELECT episode, 'user_agent', user_agent, done, changes, uncovered, first_us, last_us FROM episode_groups
        JOIN programs ON programs.program = episode_groups.program
        UNION ALL
        SELECT episode, 'user_agent', user_agent, done, changes, uncovered, first_us, last_us FROM episode_groups
        JOIN programs ON programs.program = episode_groups.other_program
        WHERE episode_groups.other_program <> episode_groups.program
    ) AS told
    WHERE value IS NOT NULL
    GROUP BY episode, trait, value
) AS placed_traits
WHERE place <= CASE WHEN trait IN ('change action', 'login address') THEN $kept ELSE $listed END
UNION ALL
SELECT episode, 'login target', target, first_us, last_us, place FROM kept_targets
WHERE place <= $kept
