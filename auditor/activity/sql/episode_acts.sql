-- Judged acts with their episode.
SELECT
    episode_slots.episode, acted.deed, acted.address, acted.program, acted.invoked_by, acted.us, acted.changed, acted.uncovered,
    acted.signed_in, acted.resource
FROM judged_acts AS acted
JOIN episode_slots ON episode_slots.stream = acted.stream AND episode_slots.slot = acted.slot
