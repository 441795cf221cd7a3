-- By whom, in which session and on which system each episode was begun; how many sittings it stands for.
SELECT
    episode_slots.episode,
    min({'us': slot_acts.first_us, 'caller': slot_acts.caller, 'session': slot_acts.session, 'system': slot_acts.system}) AS opening
FROM slot_acts
JOIN streams
    ON streams.caller = slot_acts.caller
    AND streams.session IS NOT DISTINCT FROM slot_acts.session
    AND streams.system IS NOT DISTINCT FROM slot_acts.system
JOIN episode_slots ON episode_slots.stream = streams.stream AND episode_slots.slot = slot_acts.slot
GROUP BY episode_slots.episode
