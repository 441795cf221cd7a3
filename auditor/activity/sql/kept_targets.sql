-- Of what was signed in to as much as rules and reports are told, what was signed in to most often first; and whatever
-- something else was done to, since it is shown by both.
SELECT targets.episode, targets.target, targets.events, targets.first_us, targets.last_us, targets.place, touched.resource IS NOT NULL AS touched
FROM (
    SELECT
        episode, target,
        CAST(sum(events) AS BIGINT) AS events,
        min(first_us) AS first_us,
        max(last_us) AS last_us,
        row_number() OVER (PARTITION BY episode ORDER BY sum(events) DESC, target) AS place
    FROM login_targets
    WHERE target IS NOT NULL
    GROUP BY episode, target
) AS targets
LEFT JOIN (
    SELECT episode, resource FROM named_things
    UNION
    SELECT episode, other_resource FROM named_things
) AS touched ON touched.episode = targets.episode AND touched.resource = targets.target
WHERE targets.place <= greatest($kept, $listed) OR touched.resource IS NOT NULL
