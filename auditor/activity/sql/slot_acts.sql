-- What each caller did on each system in each slot, in numbers. `weight` tells the most that was done: a change outside
-- windows, a change, a session on a machine, another login, anything else.
SELECT
    caller, session, system, slot,
    min(us) AS first_us,
    max(us) AS last_us,
    count(*) AS events,
    count(CASE WHEN changed THEN 1 END) AS changes,
    max(CASE
        WHEN uncovered THEN 4
        WHEN changed THEN 3
        WHEN on_machine THEN 2
        WHEN category = 'login' AND outcome = 'ok' THEN 1
        ELSE 0
    END) AS weight
FROM judged_acts
GROUP BY caller, session, system, slot
