-- One act by which somebody asked an access broker for rights, or answered such a request, if there is any: of rights,
-- and yet nothing is given by it.
SELECT event_id
FROM caller_acts
WHERE category = 'grant' AND level = 'read' AND outcome = 'ok'
LIMIT 1
