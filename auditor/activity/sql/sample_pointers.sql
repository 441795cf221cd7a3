-- Where the raw records of the episodes' samples are: of one that stands for many, of a few.
SELECT event_id, us, min({'source': source, 'origin': origin, 'record': record, 'sha256': sha256}) AS pointer
FROM caller_acts
SEMI JOIN (SELECT DISTINCT event_id, us FROM episode_samples) AS wanted USING (event_id, us)
GROUP BY event_id, us
