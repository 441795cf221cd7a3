-- Sessions, numbered in the order of their names.
SELECT CAST(row_number() OVER (ORDER BY name) AS INTEGER) AS session, name
FROM (SELECT DISTINCT session AS name FROM recorded WHERE session IS NOT NULL) AS named
