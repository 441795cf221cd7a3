-- One row for each episode; it is named after the caller of its first act.
SELECT
    judged.person, judged.actor_class, judged.account, judged.through,
    callers.actor, callers.credential, callers.provider, callers.scope,
    episode_openings.opening.session AS session,
    episode_openings.opening.system AS system,
    episode_counts.starts_us, episode_openings.first_act.event_id AS first_event, episode_counts.ends_us,
    episode_counts.events, episode_counts.logins, episode_counts.reads, episode_counts.changes, episode_counts.denied,
    coalesce(read_here.secrets, 0) AS secrets,
    coalesce(read_here.secrets_at_most, 0) AS secrets_at_most, coalesce(read_here.objects, 0) AS objects,
    episode_counts.uncovered, episode_counts.uncovered_from_us, episode_counts.uncovered_to_us,
    episode_stretches.sittings, episode_stretches.beyond,
    CASE WHEN episode_stretches.sittings > 1 THEN episode_stretches.stretches END AS stretches,
    episode_samples.samples,
    episode_traits.change_actions, episode_traits.login_targets, episode_traits.login_addresses,
    coalesce(episode_traits.whole, TRUE) AS whole,
    episode_traits.actions, episode_traits.resources, episode_traits.services, episode_traits.source_ips, episode_traits.user_agents
FROM episode_counts
JOIN episode_openings ON episode_openings.episode = episode_counts.episode
JOIN episode_stretches ON episode_stretches.episode = episode_counts.episode
JOIN episode_samples ON episode_samples.episode = episode_counts.episode
JOIN judged ON judged.caller = episode_openings.opening.caller
JOIN callers ON callers.caller = episode_openings.opening.caller
LEFT JOIN episode_traits ON episode_traits.episode = episode_counts.episode
LEFT JOIN episode_secrets AS read_here ON read_here.episode = episode_counts.episode
ORDER BY starts_us, episode_counts.episode
