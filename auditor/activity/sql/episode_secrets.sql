-- How many different secrets were read in each episode, and how many different objects of a system by people and unknown
-- callers. Several secrets that one call asked for stand side by side in its resource, versions of one are one; the
-- name of an object may hold spaces.
SELECT
    stream, sitting,
    count(DISTINCT CASE WHEN category = 'secret' THEN regexp_replace(thing, '/versions/[^/]+$$', '') END) AS secrets,
    count(DISTINCT CASE WHEN category <> 'secret' THEN thing END) AS objects
FROM (
    SELECT
        streams.stream, episode_slots.sitting, acted.category,
        unnest(string_split(
            CASE WHEN acted.category = 'secret' THEN acted.resource ELSE replace(acted.resource, ' ', '+') END, ' '
        )) AS thing
    FROM judged_acts AS acted
    JOIN streams
        ON streams.caller = acted.caller
        AND streams.session IS NOT DISTINCT FROM acted.session
        AND streams.system IS NOT DISTINCT FROM acted.system
    JOIN episode_slots ON episode_slots.stream = streams.stream AND episode_slots.slot = acted.slot
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
GROUP BY stream, sitting
