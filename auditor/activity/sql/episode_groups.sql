-- Millions of acts into thousands of cells: alike in episode, action, outcome and address, and in what was signed in to;
-- `done` counts what succeeded. What was signed in to is the resource too, and not kept twice; to sign in changes nothing.
SELECT
    cells.episode, deeds.action, deeds.category, deeds.level, deeds.outcome, addresses.source_ip, cells.login_target,
    cells.invoked_by, cells.events,
    CASE WHEN deeds.outcome = 'ok' THEN cells.events ELSE 0 END AS done,
    cells.first_us, cells.last_us, cells.changes, cells.uncovered, cells.uncovered_from_us, cells.uncovered_to_us,
    cells.resource, cells.other_resource, cells.program, cells.other_program
FROM (
    SELECT
        episode, deed, address, CAST(NULL AS VARCHAR) AS login_target, invoked_by,
        count(*) AS events,
        min(us) AS first_us,
        max(us) AS last_us,
        count(CASE WHEN changed THEN 1 END) AS changes,
        count(CASE WHEN uncovered THEN 1 END) AS uncovered,
        min(CASE WHEN uncovered THEN us END) AS uncovered_from_us,
        max(CASE WHEN uncovered THEN us END) AS uncovered_to_us,
        min(resource) AS resource,
        max(resource) AS other_resource,
        min(program) AS program,
        max(program) AS other_program
    FROM episode_acts
    WHERE NOT signed_in
    GROUP BY episode, deed, address, invoked_by
    UNION ALL
    SELECT
        episode, deed, address, resource AS login_target, invoked_by,
        count(*) AS events,
        min(us) AS first_us,
        max(us) AS last_us,
        0 AS changes,
        0 AS uncovered,
        NULL AS uncovered_from_us,
        NULL AS uncovered_to_us,
        NULL AS resource,
        NULL AS other_resource,
        min(program) AS program,
        max(program) AS other_program
    FROM episode_acts
    WHERE signed_in
    GROUP BY episode, deed, address, resource, invoked_by
) AS cells
JOIN deeds ON deeds.deed = cells.deed
LEFT JOIN addresses ON addresses.address = cells.address
