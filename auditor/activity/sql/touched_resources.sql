-- What the judged callers acted on in the period, to be mapped to systems.
SELECT provider, scope, resource, count(*) AS events
FROM judged_caller_acts
GROUP BY provider, scope, resource
ORDER BY provider, scope, resource NULLS FIRST
