-- What was acted on that may name what keeps a log.
SELECT provider, resource
FROM judged_caller_acts
WHERE regexp_matches(resource, $log_names)
GROUP BY provider, resource
ORDER BY provider, resource
