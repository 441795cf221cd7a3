-- Acts that an episode is shown by, of each cell the first, the one that it is judged by before all; of an episode that
-- stands for many, a few.
SELECT episode, list_sort(array_agg({'place': place, 'sample': sample})) AS samples
FROM (
    SELECT episode, sample, row_number() OVER (PARTITION BY episode ORDER BY sample) AS place
    FROM (
        SELECT
            episode,
            min({
                'choice': choice, 'us': us, 'event_id': event_id,
                'source': source, 'origin': origin, 'record': record, 'sha256': sha256
            }) AS sample
        FROM told_acts
        GROUP BY episode, action, category, level, outcome, source_ip, login_target, invoked_by
    ) AS firsts
) AS numbered
WHERE place = 1 OR episode < 0 AND place <= $samples
GROUP BY episode
