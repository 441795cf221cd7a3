-- Stretches of the period without any record of a scope. The period's own edges count as heard; `at_start` and `at_end`
-- mark the stretches that begin or end with them.
WITH scopes AS (
    SELECT provider, scope, min(source) AS source
    FROM scope_spans
    GROUP BY provider, scope
),
spans AS (
    SELECT provider, scope, greatest(first_us, $period_from) AS first_us, last_us, 0 AS at_start, 0 AS at_end
    FROM scope_spans
    WHERE last_us >= $period_from
    UNION ALL
    SELECT provider, scope, $period_from, $period_from, 1, 0 FROM scopes
    UNION ALL
    SELECT provider, scope, $period_to, $period_to, 0, 1 FROM scopes
),
pauses AS (
    SELECT
        provider, scope, first_us AS to_us, at_end,
        lag(last_us) OVER (PARTITION BY provider, scope ORDER BY first_us, last_us, at_end) AS from_us,
        lag(at_start) OVER (PARTITION BY provider, scope ORDER BY first_us, last_us, at_end) AS at_start
    FROM spans
)
SELECT scopes.source, pauses.scope, from_us, to_us, at_start, at_end
FROM pauses
JOIN scopes ON scopes.provider = pauses.provider AND scopes.scope = pauses.scope
WHERE to_us - from_us > $max_silence
ORDER BY pauses.provider, pauses.scope, from_us
