-- Which episode each slot of a stream is of.
SELECT stream_slots.stream, stream_slots.slot, episode_sittings.episode
FROM stream_slots
JOIN episode_sittings
    ON episode_sittings.stream = stream_slots.stream AND episode_sittings.sitting = stream_slots.sitting
