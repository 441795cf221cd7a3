-- Acts that an episode is shown by, the one that it is judged by first; of one that stands for many, a few.
SELECT episode, sample.event_id AS event_id, sample.us AS us, place
FROM (
    SELECT episode, sample, row_number() OVER (PARTITION BY episode ORDER BY sample) AS place
    FROM episode_groups
) AS samples
WHERE place = 1 OR episode < 0 AND place <= $samples
