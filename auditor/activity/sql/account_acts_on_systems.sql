-- Those of them that were done to some systems.
SELECT account_acts.*
FROM account_acts
LEFT JOIN placed
    ON placed.provider = account_acts.provider
    AND placed.scope = account_acts.scope
    AND placed.resource IS NOT DISTINCT FROM account_acts.resource
WHERE coalesce(placed.system, account_acts.whole_of) IN (SELECT system FROM asked_systems)
