-- Where the raw records of the episodes' samples are.
SELECT event_id, us, min({'source': source, 'origin': origin, 'record': record, 'sha256': sha256}) AS pointer
FROM events
SEMI JOIN (SELECT DISTINCT sample.event_id AS event_id, sample.us AS us FROM episode_counts) AS wanted USING (event_id, us)
GROUP BY event_id, us
