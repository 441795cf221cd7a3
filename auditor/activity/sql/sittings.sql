-- One row for each sitting of a stream: what it came to.
SELECT
    sittings.stream, sittings.sitting, sittings.holder, sittings.first_us, sittings.last_us, sittings.events, sittings.changes, sittings.weight,
    sittings.summed AND bulk_reads.stream IS NULL AS summed
FROM (
    SELECT stream, sitting, holder, summed, first_us, last_us, events, changes, weight
    FROM stream_slots
    WHERE alone
    UNION ALL
    SELECT
        stream, sitting, holder,
        bool_and(summed) AS summed,
        min(first_us) AS first_us,
        max(last_us) AS last_us,
        CAST(sum(events) AS INTEGER) AS events,
        CAST(sum(changes) AS INTEGER) AS changes,
        max(weight) AS weight
    FROM stream_slots
    WHERE NOT alone
    GROUP BY stream, sitting, holder
) AS sittings
LEFT JOIN bulk_reads ON bulk_reads.stream = sittings.stream AND bulk_reads.sitting = sittings.sitting
