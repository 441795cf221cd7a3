-- Millions of acts into thousands of cells: alike in episode, action, outcome and address, those of sign-ins in program too;
-- `done` counts what succeeded. What was signed in to is told apart (`login_targets`).
SELECT
    cells.episode, deeds.action, deeds.category, deeds.level, deeds.outcome, addresses.source_ip, cells.invoked_by, deeds.signed_in,
    cells.events,
    CASE WHEN deeds.outcome = 'ok' THEN cells.events ELSE 0 END AS done,
    cells.first_us, cells.last_us, cells.changes, cells.uncovered, cells.uncovered_from_us, cells.uncovered_to_us,
    cells.resource, cells.other_resource, cells.program, cells.other_program
FROM (
    SELECT
        episode, deed, address, invoked_by,
        count(*) AS events,
        min(us) AS first_us,
        max(us) AS last_us,
        count(CASE WHEN changed THEN 1 END) AS changes,
        count(CASE WHEN uncovered THEN 1 END) AS uncovered,
        min(CASE WHEN uncovered THEN us END) AS uncovered_from_us,
        max(CASE WHEN uncovered THEN us END) AS uncovered_to_us,
        min(CASE WHEN NOT signed_in THEN resource END) AS resource,
        max(CASE WHEN NOT signed_in THEN resource END) AS other_resource,
        min(program) AS program,
        max(program) AS other_program
    FROM episode_acts
    GROUP BY episode, deed, address, invoked_by, CASE WHEN signed_in THEN program END
) AS cells
JOIN deeds ON deeds.deed = cells.deed
LEFT JOIN addresses ON addresses.address = cells.address
