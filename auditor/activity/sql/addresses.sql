-- Where acts came from, numbered.
SELECT row_number() OVER (ORDER BY source_ip) AS address, source_ip
FROM (SELECT DISTINCT source_ip FROM numbered_acts WHERE source_ip IS NOT NULL) AS places
