-- What was acted on, and more than read, that may name what keeps a log.
SELECT provider, resource
FROM judged_caller_acts
WHERE level <> 'read' AND regexp_matches(resource, $log_names)
GROUP BY provider, resource
ORDER BY provider, resource
