-- What was done, in the words that cells are alike in, numbered: numbers are cheaper to group by than words. `grave` is what
-- may have changed something, `changed` what did, by the log.
SELECT
    CAST(row_number() OVER (ORDER BY action, category, level, outcome) AS INTEGER) AS deed,
    action, category, level, outcome,
    grave,
    grave AND level IN ('write', 'admin') AS changed,
    outcome = 'ok' AND category = 'login' AS signed_in
FROM (
    SELECT action, category, level, outcome, outcome = 'ok' AND category IN ('change', 'secret', 'grant', 'audit-trail') AS grave
    FROM (SELECT DISTINCT action, category, level, outcome FROM recorded) AS done
) AS weighed
