-- What was acted on in the period, numbered: only where a system may claim it.
SELECT
    provider, scope, resource,
    CAST(row_number() OVER (ORDER BY provider, scope, resource NULLS FIRST) AS BIGINT) AS thing
FROM (
    SELECT calls.provider, calls.scope, calls.resource
    FROM touching_acts AS calls
    SEMI JOIN claimed USING (provider, scope)
    GROUP BY calls.provider, calls.scope, calls.resource
) AS touched
