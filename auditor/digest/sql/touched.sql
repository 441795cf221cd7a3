-- What the judged callers acted on in the period, to be mapped to systems.
SELECT provider, scope, resource, count(*) AS events
FROM called
SEMI JOIN judged USING (caller)
WHERE us >= $period_from
GROUP BY provider, scope, resource
ORDER BY provider, scope, resource NULLS FIRST
