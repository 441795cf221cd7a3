-- Windows that allow writing, one row for each hour that they touch: an event then finds its window by equality.
-- Windows of one person and system are merged before, so that an event lies in one of them at most.
SELECT person, system, opens_us, closes_us, unnest(generate_series(opens_us // 3600000000, closes_us // 3600000000)) AS hour
FROM windows
