-- The files that acts were read from, numbered.
SELECT CAST(row_number() OVER (ORDER BY source, origin, sha256) AS INTEGER) AS file, source, origin, sha256
FROM (SELECT DISTINCT source, origin, sha256 FROM recorded) AS read
