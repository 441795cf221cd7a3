-- By whom, in which session, on which system and with which event each episode was begun.
SELECT
    episode,
    min({'us': us, 'caller': caller, 'session': session, 'system': system}) AS opening,
    min({'us': us, 'event_id': event_id}) AS first_act
FROM told_acts
GROUP BY episode
