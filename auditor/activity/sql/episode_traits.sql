-- The same in lists. Rules decide by what changed something and by what was signed in to, when and from where: these are
-- whole, up to a limit that few reach. Actions, resources, addresses and programs are shown to people: the foremost few.
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
FROM trait_places
GROUP BY episode
