-- Events that stand in the evidence more than once. The store keeps each once, so this is normally empty.
SELECT provider, event_id
FROM recorded
GROUP BY provider, event_id
HAVING count(*) > 1
