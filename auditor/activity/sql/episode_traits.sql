-- What is known of an episode beside its counts, those of changes first. Rules decide by what changed something and by
-- what was signed in to, when and from where: these are whole, up to a limit that few reach. Actions, resources,
-- addresses and programs are shown to people: the foremost few, what succeeded before what was refused, and of resources
-- and programs each cell gave its least and greatest.
SELECT
    episode,
    list_sort(array_agg({'place': place, 'value': value}) FILTER (WHERE trait = 'change action')) AS change_actions,
    list_sort(
        array_agg({'place': place, 'value': value, 'first_us': first_us, 'last_us': last_us})
        FILTER (WHERE trait = 'login target')
    ) AS login_targets,
    list_sort(array_agg({'place': place, 'value': value}) FILTER (WHERE trait = 'login address')) AS login_addresses,
    max(CASE WHEN trait IN ('change action', 'login target', 'login address') THEN place ELSE 0 END) < $kept AS whole,
    list_sort(array_agg({'place': place, 'value': value}) FILTER (WHERE trait = 'action')) AS actions,
    list_sort(array_agg({'place': place, 'value': value}) FILTER (WHERE trait = 'resource')) AS resources,
    list_sort(array_agg({'place': place, 'value': value}) FILTER (WHERE trait = 'service')) AS services,
    list_sort(array_agg({'place': place, 'value': value}) FILTER (WHERE trait = 'source_ip')) AS source_ips,
    list_sort(array_agg({'place': place, 'value': value}) FILTER (WHERE trait = 'user_agent')) AS user_agents
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
        SELECT episode, 'login target', login_target, done, changes, uncovered, first_us, last_us FROM episode_groups
        UNION ALL
        SELECT episode, 'login address', source_ip, done, changes, uncovered, first_us, last_us FROM episode_groups
        WHERE category = 'login' AND outcome = 'ok'
        UNION ALL
        SELECT episode, 'action', action, done, changes, uncovered, first_us, last_us FROM episode_groups
        UNION ALL
        SELECT episode, 'resource', coalesce(resource, login_target), done, changes, uncovered, first_us, last_us FROM episode_groups
        UNION ALL
        SELECT episode, 'resource', other_resource, done, changes, uncovered, first_us, last_us FROM episode_groups
        WHERE other_resource <> resource
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
WHERE place <= CASE WHEN trait IN ('change action', 'login target', 'login address') THEN $kept ELSE $listed END
GROUP BY episode
