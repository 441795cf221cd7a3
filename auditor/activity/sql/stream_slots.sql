-- The same with the sitting that each slot is of, which is called by its first slot; most are of one slot `alone`.
SELECT stream, holder, summed, slot, first_us, last_us, events, changes, weight, least, slot AS sitting, TRUE AS alone
FROM active_slots
WHERE begins AND ends
UNION ALL
SELECT
    stream, holder, summed, slot, first_us, last_us, events, changes, weight, least,
    max(CASE WHEN begins THEN slot END) OVER (PARTITION BY stream ORDER BY slot) AS sitting,
    FALSE AS alone
FROM active_slots
WHERE NOT (begins AND ends)
