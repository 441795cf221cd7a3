-- Cells with the number of their episode; `done` counts what succeeded.
SELECT
    act_groups.*, episode_slots.stream, episode_slots.sitting,
    CASE WHEN act_groups.outcome = 'ok' THEN act_groups.events ELSE 0 END AS done
FROM act_groups
JOIN streams
    ON streams.caller = act_groups.caller
    AND streams.session IS NOT DISTINCT FROM act_groups.session
    AND streams.system IS NOT DISTINCT FROM act_groups.system
JOIN episode_slots ON episode_slots.stream = streams.stream AND episode_slots.slot = act_groups.slot
