-- What was read in each sitting that is an episode of its own.
SELECT episode_sittings.episode, sitting_secrets.secrets, sitting_secrets.secrets_at_most, sitting_secrets.objects
FROM episode_sittings
JOIN sitting_secrets
    ON sitting_secrets.stream = episode_sittings.stream AND sitting_secrets.sitting = episode_sittings.sitting
WHERE episode_sittings.episode > 0
