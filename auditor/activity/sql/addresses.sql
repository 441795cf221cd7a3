-- Where acts came from, numbered.
SELECT CAST(row_number() OVER (ORDER BY source_ip) AS INTEGER) AS address, source_ip
FROM (SELECT DISTINCT source_ip FROM recorded WHERE source_ip IS NOT NULL) AS places
