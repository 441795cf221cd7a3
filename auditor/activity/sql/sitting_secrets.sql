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
        count(CASE WHEN secret AND NOT batch THEN thing END) AS single,
        count(CASE WHEN secret AND batch THEN thing END) AS batched,
        count(CASE WHEN secret AND NOT batch AND listing THEN thing END) AS listings,
        CAST(sum(CASE WHEN secret AND NOT batch THEN listed ELSE 0 END) AS BIGINT) AS listed,
        CAST(sum(CASE WHEN secret AND batch THEN listed ELSE 0 END) AS BIGINT) AS listed_batched,
        count(CASE WHEN NOT secret THEN thing END) AS objects
    FROM (
        SELECT stream, sitting, secret, batch, thing, sum(listed) AS listed, max(listed) > 0 AS listing
        FROM (
            SELECT
                stream, sitting, secret, batch, listed,
                nullif(CASE WHEN secret THEN regexp_replace(thing, '/versions/[^/]+$$', '') ELSE thing END, '') AS thing
            FROM (
                SELECT
                    acted.stream, stream_slots.sitting,
                    acted.category = 'secret' AS secret,
                    acted.category = 'secret' AND acted.action IN ($batch_reads) AS batch,
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
        GROUP BY stream, sitting, secret, batch, thing
    ) AS things
    GROUP BY stream, sitting
) AS counted
