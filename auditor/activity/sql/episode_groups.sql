-- Millions of acts into thousands of cells: alike in episode, action, outcome and address, those of sign-ins in program too;
-- `done` counts what succeeded. What they were done to is told apart (`login_targets`, `named_things`).
SELECT
    cells.episode, cells.deed, cells.address, cells.invoked_by,
    deeds.action, deeds.category, deeds.level, deeds.outcome, addresses.source_ip, deeds.signed_in,
    cells.events,
    CASE WHEN deeds.outcome = 'ok' THEN cells.events ELSE 0 END AS done,
    cells.first_us, cells.last_us, cells.changes, cells.uncovered, cells.uncovered_from_us, cells.uncovered_to_us,
    cells.named_from_us, cells.named_to_us, cells.program, cells.other_program
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
        min(CASE WHEN resource IS NOT NULL THEN us END) AS named_from_us,
        max(CASE WHEN resource IS NOT NULL THEN us END) AS named_to_us,
        min(program) AS program,
        max(program) AS other_program
    FROM episode_acts
    GROUP BY episode, deed, address, invoked_by, CASE WHEN signed_in THEN program END
) AS cells
JOIN deeds ON deeds.deed = cells.deed
LEFT JOIN addresses ON addresses.address = cells.address
