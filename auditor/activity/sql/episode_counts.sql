-- One row for each episode: its counts.
SELECT
    episode,
    min(first_us) AS starts_us,
    max(last_us) AS ends_us,
    CAST(sum(events) AS BIGINT) AS events,
    CAST(sum(CASE WHEN outcome = 'ok' AND category = 'login' THEN events ELSE 0 END) AS BIGINT) AS logins,
    CAST(sum(CASE WHEN outcome = 'ok' AND category <> 'login' THEN events - changes ELSE 0 END) AS BIGINT) AS reads,
    CAST(sum(changes) AS BIGINT) AS changes,
    CAST(sum(CASE WHEN outcome = 'denied' THEN events ELSE 0 END) AS BIGINT) AS denied,
    CAST(sum(uncovered) AS BIGINT) AS uncovered,
    min(uncovered_from_us) AS uncovered_from_us,
    max(uncovered_to_us) AS uncovered_to_us
FROM episode_groups
GROUP BY episode
