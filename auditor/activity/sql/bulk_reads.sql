-- Sittings in which so much can have been read that a rule looks at them one by one: more than the policy allows, taken
-- together with whatever else the same person, or the same actor, read with no pause longer than the session gap.
SELECT stream, sitting
FROM (
    SELECT
        stream, sitting,
        sum(things) OVER (PARTITION BY who, reading) AS altogether
    FROM (
        SELECT
            who, stream, sitting, things,
            sum(begins) OVER (PARTITION BY who ORDER BY first_us, last_us, stream, sitting) AS reading
        FROM (
            SELECT
                who, stream, sitting, things, first_us, last_us,
                CASE
                    WHEN first_us - max(last_us) OVER (
                        PARTITION BY who
                        ORDER BY first_us, last_us, stream, sitting
                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                    ) <= $gap THEN 0
                    ELSE 1
                END AS begins
            FROM (
                SELECT
                    principals.who, sittings.stream, sittings.sitting,
                    min(sittings.first_us) AS first_us,
                    max(sittings.last_us) AS last_us,
                    max(sitting_secrets.secrets_at_most + sitting_secrets.objects) AS things
                FROM stream_slots AS sittings
                JOIN sitting_secrets
                    ON sitting_secrets.stream = sittings.stream AND sitting_secrets.sitting = sittings.sitting
                JOIN (
                    SELECT
                        streams.stream,
                        min(coalesce(judged.person, callers.actor, judged.account, '')) AS who
                    FROM streams
                    JOIN judged ON judged.caller = streams.caller
                    JOIN callers ON callers.caller = streams.caller
                    WHERE judged.actor_class IN ('person', 'unknown')
                    GROUP BY streams.stream
                ) AS principals ON principals.stream = sittings.stream
                WHERE sitting_secrets.secrets_at_most + sitting_secrets.objects > 0
                GROUP BY principals.who, sittings.stream, sittings.sitting
            ) AS readers
        ) AS paused
    ) AS together
) AS counted
WHERE altogether > $bulk_read
