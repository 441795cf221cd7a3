-- The same, each with the record that it is shown by.
SELECT robot_uses.*, named_acts.source, named_acts.origin, named_acts.record, named_acts.sha256
FROM robot_uses
JOIN named_acts ON named_acts.event_id = robot_uses.event_id
ORDER BY credential, first_us, network, program
