-- Judged acts with their episode.
SELECT
    coalesce(episode_slots.episode, CAST(-10 AS BIGINT) * acted.holder - acted.weight) AS episode,
    acted.deed, acted.address, acted.program, acted.invoked_by, acted.us, acted.changed, acted.uncovered, acted.signed_in, acted.resource
FROM judged_acts AS acted
LEFT JOIN episode_slots ON episode_slots.stream = acted.stream AND episode_slots.slot = acted.slot
