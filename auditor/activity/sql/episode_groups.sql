-- Millions of acts into thousands of cells: alike in episode, action, outcome and address, and in what was signed in to;
-- `done` counts what succeeded. What was signed in to is the resource too, and not kept twice.
SELECT
    cells.episode, deeds.action, deeds.category, deeds.level, deeds.outcome, addresses.source_ip, cells.login_target,
    cells.invoked_by, cells.events,
    CASE WHEN deeds.outcome = 'ok' THEN cells.events ELSE 0 END AS done,
    cells.first_us, cells.last_us, cells.changes, cells.uncovered, cells.uncovered_from_us, cells.uncovered_to_us,
    cells.resource, cells.other_resource, cells.program, cells.other_program
FROM (
    SELECT
        episode_slots.episode, deeds.deed, addresses.address, acted.login_target, acted.invoked_by,
        count(*) AS events,
        min(acted.us) AS first_us,
        max(acted.us) AS last_us,
        count(CASE WHEN acted.changed THEN 1 END) AS changes,
        count(CASE WHEN acted.uncovered THEN 1 END) AS uncovered,
        min(CASE WHEN acted.uncovered THEN acted.us END) AS uncovered_from_us,
        max(CASE WHEN acted.uncovered THEN acted.us END) AS uncovered_to_us,
        min(CASE WHEN acted.login_target IS NULL THEN acted.resource END) AS resource,
        max(CASE WHEN acted.login_target IS NULL THEN acted.resource END) AS other_resource,
        min(programs.program) AS program,
        max(programs.program) AS other_program
    FROM judged_acts AS acted
    JOIN episode_slots ON episode_slots.stream = acted.stream AND episode_slots.slot = acted.slot
    JOIN deeds
        ON deeds.action = acted.action
        AND deeds.category = acted.category
        AND deeds.level = acted.level
        AND deeds.outcome = acted.outcome
    LEFT JOIN addresses ON addresses.source_ip = acted.source_ip
    LEFT JOIN programs ON programs.user_agent = acted.user_agent
    GROUP BY episode_slots.episode, deeds.deed, addresses.address, acted.login_target, acted.invoked_by
) AS cells
JOIN deeds ON deeds.deed = cells.deed
LEFT JOIN addresses ON addresses.address = cells.address
