-- How many different secrets were read in each sitting of a stream, and how many different objects of a system by people and unknown
-- callers. Several secrets that one call asked for stand side by side in its resource, versions of one are one; the
-- name of an object may hold spaces. A listing counts as one, and as many as it can have shown at most. What a batch
-- named is logged read by read as well, often by other names: the longer of both tellings counts.
SELECT
    stream, sitting, objects,
    greatest(single, batched) AS secrets,
    greatest(single, batched, single - listings + listed, listed_batched) AS secrets_at_most
FROM (
    SELECT
        stream, sitting,
        count(DISTINCT CASE WHEN category = 'secret' AND NOT batch THEN thing END) AS single,
        count(DISTINCT CASE WHEN category = 'secret' AND batch THEN thing END) AS batched,
        count(DISTINCT CASE WHEN category = 'secret' AND NOT batch AND listed > 0 THEN thing END) AS listings,
        CAST(sum(CASE WHEN category = 'secret' AND NOT batch THEN listed ELSE 0 END) AS BIGINT) AS listed,
        CAST(sum(CASE WHEN category = 'secret' AND batch THEN listed ELSE 0 END) AS BIGINT) AS listed_batched,
        count(DISTINCT CASE WHEN category <> 'secret' THEN thing END) AS objects
    FROM (
        SELECT
            stream, sitting, category, batch, listed,
            nullif(CASE WHEN category = 'secret' THEN regexp_replace(thing, '/versions/[^/]+$$', '') ELSE thing END, '') AS thing
        FROM (
            SELECT
                acted.stream, stream_slots.sitting, acted.category,
                acted.action IN ($batch_reads) AS batch,
                $secrets_listed AS listed,
                unnest(string_split(
                    CASE WHEN acted.category = 'secret' THEN coalesce(acted.resource, '') ELSE replace(acted.resource, ' ', '+') END, ' '
                )) AS thing
            FROM judged_acts AS acted
            JOIN stream_slots ON stream_slots.stream = acted.stream AND stream_slots.slot = acted.slot
            WHERE
                acted.level = 'read'
                AND acted.outcome = 'ok'
                AND (
                    acted.category = 'secret'
                    OR acted.action IN ($object_reads)
                    AND acted.system IS NOT NULL
                    AND acted.actor_class IN ('person', 'unknown')
                )
        ) AS things_read
    ) AS things_named
    GROUP BY stream, sitting
) AS counted
