-- How many different secrets were read in each episode; several that one call asked for stand side by side in its
-- resource.
SELECT stream, sitting, count(DISTINCT secret) AS secrets
FROM (
    SELECT streams.stream, episode_slots.sitting, unnest(string_split(acted.resource, ' ')) AS secret
    FROM judged_acts AS acted
    JOIN streams
        ON streams.caller = acted.caller
        AND streams.session IS NOT DISTINCT FROM acted.session
        AND streams.system IS NOT DISTINCT FROM acted.system
    JOIN episode_slots ON episode_slots.stream = streams.stream AND episode_slots.slot = acted.slot
    WHERE acted.category = 'secret' AND acted.level = 'read' AND acted.outcome = 'ok'
) AS secrets_read
GROUP BY stream, sitting
