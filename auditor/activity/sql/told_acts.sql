-- What was done at those moments, act by act. `choice` puts uncovered changes before other changes before anything else.
SELECT
    told_moments.episode, acted.us, acted.caller, acted.session, acted.system,
    acted.action, acted.category, acted.level, acted.outcome, addresses.source_ip, acted.login_target, acted.invoked_by,
    CASE WHEN NOT acted.changed THEN 2 WHEN acted.uncovered THEN 0 ELSE 1 END AS choice,
    acted.event_id, acted.source, acted.origin, acted.record, acted.sha256
FROM (SELECT * FROM judged_acts WHERE us IN (SELECT us FROM told_moments)) AS acted
LEFT JOIN episode_slots ON episode_slots.stream = acted.stream AND episode_slots.slot = acted.slot
JOIN told_moments
    ON told_moments.episode = coalesce(episode_slots.episode, CAST(-10 AS BIGINT) * acted.holder - acted.weight)
    AND told_moments.us = acted.us
LEFT JOIN addresses ON addresses.address = acted.address
