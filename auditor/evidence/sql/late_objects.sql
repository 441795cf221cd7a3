-- Of objects that lie in folders of days, those from shortly before the newest day of each folder on, or before the
-- oldest day of which one could not be read: what is older is not listed again. Few of many rows are held at once.
FROM (
    WITH objects AS (
        SELECT
            origin, version, part_number, row_number, path[:-11] AS folder,
            CASE
                WHEN regexp_full_match(path[-10:], '[0-9]{4}/[0-9]{2}/[0-9]{2}') THEN try_cast(path[-10:] AS DATE)
            END AS day
        FROM (SELECT *, parse_dirpath(origin, 'forward_slash') AS path FROM stored) AS placed
    ),
    failed AS (
        SELECT origin, folder, day, max(part_number) AS part_number FROM objects WHERE version = '' GROUP BY ALL
    ),
    unread AS (
        SELECT folder, min(day) AS day
        FROM failed
        WHERE
            NOT EXISTS (
                SELECT 1 FROM objects AS later
                WHERE later.origin = failed.origin AND later.version <> '' AND later.part_number > failed.part_number
            )
        GROUP BY folder
    ),
    newest AS (SELECT folder, max(day) AS day FROM objects GROUP BY folder)
    SELECT objects.origin, objects.version
    FROM objects
    INNER JOIN newest USING (folder)
    LEFT JOIN unread USING (folder)
    WHERE objects.day IS NULL OR objects.day >= least(newest.day, unread.day) - to_days($again)
    ORDER BY part_number, row_number
)
