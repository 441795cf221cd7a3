-- Which episode each slot of a stream is of, where that is not what each of its acts says by itself (`episode_acts`).
SELECT stream_slots.stream, stream_slots.slot, episode_sittings.episode
FROM stream_slots
JOIN episode_sittings
    ON episode_sittings.stream = stream_slots.stream AND episode_sittings.sitting = stream_slots.sitting
WHERE
    episode_sittings.episode <> CAST(-10 AS BIGINT) * stream_slots.holder - stream_slots.weight
    OR stream_slots.weight <> stream_slots.least
