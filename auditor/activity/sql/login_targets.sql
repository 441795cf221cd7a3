-- What was signed in to in each episode, how often and when, each way and place to do it from by itself; null where the log
-- does not name it.
SELECT
    episode, resource AS target,
    count(*) AS events,
    min(us) AS first_us,
    max(us) AS last_us
FROM episode_acts
WHERE signed_in
GROUP BY episode, deed, address, invoked_by, resource
