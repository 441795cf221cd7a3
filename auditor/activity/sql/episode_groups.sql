-- Millions of acts into thousands of cells: alike in episode, action, outcome and address, and in what was signed in to;
-- `done` counts what succeeded.
-- The sample is the least: an uncovered change before any change before anything else, the earliest first.
SELECT
    episode_slots.episode, acted.action, acted.category, acted.level, acted.outcome, acted.source_ip, acted.login_target,
    acted.invoked_by,
    count(*) AS events,
    count(CASE WHEN acted.outcome = 'ok' THEN 1 END) AS done,
    min({'us': acted.us, 'event_id': acted.event_id}) AS first_act,
    max(acted.us) AS last_us,
    count(CASE WHEN acted.changed THEN 1 END) AS changes,
    count(CASE WHEN acted.uncovered THEN 1 END) AS uncovered,
    min(CASE WHEN acted.uncovered THEN acted.us END) AS uncovered_from_us,
    max(CASE WHEN acted.uncovered THEN acted.us END) AS uncovered_to_us,
    min(acted.resource) AS resource,
    max(acted.resource) AS other_resource,
    min(acted.user_agent) AS user_agent,
    max(acted.user_agent) AS other_user_agent,
    min({
        'choice': CASE WHEN NOT acted.changed THEN 2 WHEN acted.uncovered THEN 0 ELSE 1 END,
        'us': acted.us,
        'event_id': acted.event_id
    }) AS sample
FROM judged_acts AS acted
JOIN streams
    ON streams.caller = acted.caller
    AND streams.session IS NOT DISTINCT FROM acted.session
    AND streams.system IS NOT DISTINCT FROM acted.system
JOIN episode_slots ON episode_slots.stream = streams.stream AND episode_slots.slot = acted.slot
GROUP BY
    episode_slots.episode, acted.action, acted.category, acted.level, acted.outcome, acted.source_ip, acted.login_target,
    acted.invoked_by
