-- Windows that allow writing, one row for each hour that they touch: an event then finds its window by equality. What a service
-- does for somebody it was asked for before: for that a window stays open for as long as the tail of a session, or until the next
-- one opens. Windows of one person and system are merged before, place by place where one is for some of them alone, so that
-- an event lies in one of them at most.
WITH tails AS (
    SELECT
        person, system, provider, scope, opens_us, closes_us,
        least(
            closes_us + $gap,
            coalesce(lead(opens_us) OVER (PARTITION BY person, system, provider, scope ORDER BY opens_us) - 1, closes_us + $gap)
        ) AS tail_us
    FROM windows
)
SELECT
    person, system, provider, scope, opens_us, closes_us, tail_us,
    unnest(generate_series(opens_us // 3600000000, tail_us // 3600000000)) AS hour
FROM tails
