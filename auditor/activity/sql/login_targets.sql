-- What was signed in to in each episode, from where, how often and when; null where the log does not name it.
SELECT
    episode, deed, address, invoked_by, resource AS target,
    count(*) AS events,
    min(us) AS first_us,
    max(us) AS last_us
FROM episode_acts
WHERE signed_in
GROUP BY episode, deed, address, invoked_by, resource
