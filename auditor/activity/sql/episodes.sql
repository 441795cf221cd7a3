-- One row for each episode; it is named after the caller of its first act.
SELECT
    judged.person, judged.actor_class, judged.account, judged.through,
    callers.actor, callers.credential, callers.provider, callers.scope,
    episode_counts.opening.session AS session,
    episode_counts.opening.system AS system,
    episode_counts.first_act.us AS starts_us, episode_counts.first_act.event_id AS first_event, episode_counts.ends_us,
    episode_counts.events, episode_counts.logins, episode_counts.reads, episode_counts.changes, episode_counts.denied,
    coalesce(episode_secrets.secrets, 0) AS secrets,
    coalesce(episode_secrets.secrets_at_most, 0) AS secrets_at_most, coalesce(episode_secrets.objects, 0) AS objects,
    episode_counts.level, episode_counts.uncovered, episode_counts.uncovered_from_us, episode_counts.uncovered_to_us,
    episode_counts.sample.event_id AS event_id,
    sample_pointers.pointer,
    episode_traits.change_actions, episode_traits.login_targets, episode_traits.login_addresses,
    coalesce(episode_traits.whole, TRUE) AS whole,
    episode_traits.actions, episode_traits.resources, episode_traits.services, episode_traits.source_ips, episode_traits.user_agents
FROM episode_counts
JOIN judged ON judged.caller = episode_counts.opening.caller
JOIN callers ON callers.caller = episode_counts.opening.caller
JOIN sample_pointers ON sample_pointers.event_id = episode_counts.sample.event_id AND sample_pointers.us = episode_counts.sample.us
LEFT JOIN episode_traits ON episode_traits.stream = episode_counts.stream AND episode_traits.sitting = episode_counts.sitting
LEFT JOIN episode_secrets
    ON episode_secrets.stream = episode_counts.stream AND episode_secrets.sitting = episode_counts.sitting
ORDER BY starts_us, episode_counts.stream, episode_counts.sitting
