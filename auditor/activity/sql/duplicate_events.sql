-- Events that stand in the evidence more than once. The store keeps each once, so this is normally empty: numbers made of
-- the ids are sought first, which is cheaper, and what they find is told by the ids themselves.
SELECT provider, event_id
FROM recorded
WHERE id_number IN (SELECT id_number FROM recorded GROUP BY id_number HAVING count(*) > 1)
GROUP BY provider, event_id
HAVING count(*) > 1
