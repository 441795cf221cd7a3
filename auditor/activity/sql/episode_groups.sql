-- Millions of acts into thousands of cells: alike in episode, action, outcome and address, and in what was signed in to;
-- `done` counts what succeeded. What was signed in to is the resource too, and not kept twice.
SELECT
    episode_slots.episode, acted.action, acted.category, acted.level, acted.outcome, acted.source_ip, acted.login_target,
    acted.invoked_by,
    count(*) AS events,
    CASE WHEN acted.outcome = 'ok' THEN count(*) ELSE 0 END AS done,
    min(acted.us) AS first_us,
    max(acted.us) AS last_us,
    CASE WHEN acted.changed THEN count(*) ELSE 0 END AS changes,
    count(CASE WHEN acted.uncovered THEN 1 END) AS uncovered,
    min(CASE WHEN acted.uncovered THEN acted.us END) AS uncovered_from_us,
    max(CASE WHEN acted.uncovered THEN acted.us END) AS uncovered_to_us,
    min(CASE WHEN acted.login_target IS NULL THEN acted.resource END) AS resource,
    max(CASE WHEN acted.login_target IS NULL THEN acted.resource END) AS other_resource,
    min(programs.program) AS program,
    max(programs.program) AS other_program
FROM judged_acts AS acted
JOIN episode_slots ON episode_slots.stream = acted.stream AND episode_slots.slot = acted.slot
LEFT JOIN programs ON programs.user_agent = acted.user_agent
GROUP BY
    episode_slots.episode, acted.action, acted.category, acted.level, acted.outcome, acted.source_ip, acted.login_target,
    acted.invoked_by, acted.changed
