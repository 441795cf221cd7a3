-- What an episode is told by: its foremost actions, resources, addresses and programs; those of changes first.
-- Of resources and programs each cell gave its least and greatest, so many of one kind are shown by examples.
SELECT
    stream, sitting,
    list_sort(array_agg({'place': place, 'value': value}) FILTER (WHERE trait = 'action')) AS actions,
    list_sort(array_agg({'place': place, 'value': value}) FILTER (WHERE trait = 'resource')) AS resources,
    list_sort(array_agg({'place': place, 'value': value}) FILTER (WHERE trait = 'source_ip')) AS source_ips,
    list_sort(array_agg({'place': place, 'value': value}) FILTER (WHERE trait = 'user_agent')) AS user_agents
FROM (
    SELECT
        stream, sitting, trait, value,
        row_number() OVER (
            PARTITION BY stream, sitting, trait
            ORDER BY sum(uncovered) DESC, sum(changes) DESC, sum(events) DESC, value
        ) AS place
    FROM (
        SELECT stream, sitting, 'action' AS trait, action AS value, events, changes, uncovered FROM episode_groups
        UNION ALL
        SELECT stream, sitting, 'resource', resource, events, changes, uncovered FROM episode_groups
        UNION ALL
        SELECT stream, sitting, 'resource', other_resource, events, changes, uncovered FROM episode_groups
        WHERE other_resource <> resource
        UNION ALL
        SELECT stream, sitting, 'source_ip', source_ip, events, changes, uncovered FROM episode_groups
        UNION ALL
        SELECT stream, sitting, 'user_agent', user_agent, events, changes, uncovered FROM episode_groups
        UNION ALL
        SELECT stream, sitting, 'user_agent', other_user_agent, events, changes, uncovered FROM episode_groups
        WHERE other_user_agent <> user_agent
    ) AS told
    WHERE value IS NOT NULL
    GROUP BY stream, sitting, trait, value
) AS placed_traits
WHERE place <= $listed
GROUP BY stream, sitting
