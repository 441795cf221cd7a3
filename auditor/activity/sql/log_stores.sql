-- What keeps a log, or lies in it, as far as it was acted on and more than read; a record may name several things.
SELECT DISTINCT named.provider, named.scope, named.resource
FROM (
    SELECT
        provider, scope, resource,
        unnest(string_split(resource, ' ')) AS name
    FROM judged_caller_acts
    WHERE resource IS NOT NULL AND level <> 'read'
) AS named
JOIN log_names
    ON log_names.provider = named.provider
    AND (log_names.name = named.name OR log_names.name = split_part(named.name, '/', 1))
