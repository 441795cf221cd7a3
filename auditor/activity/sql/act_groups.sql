-- Millions of acts into thousands of cells: alike in caller, session, system, slot, action, outcome and address, and
-- in what was signed in to.
-- The sample is the least: an uncovered change before any change before anything else, the earliest first.
SELECT
    acted.caller, acted.session, acted.system, acted.slot, acted.action, acted.category, acted.level, acted.outcome,
    acted.source_ip, acted.login_target,
    count(*) AS events,
    min({'us': acted.us, 'event_id': acted.event_id}) AS first_act,
    max(acted.us) AS last_us,
    count(CASE WHEN acted.changed THEN 1 END) AS changes,
    count(CASE WHEN acted.changed AND window_hours.hour IS NULL THEN 1 END) AS uncovered,
    min(CASE WHEN acted.changed AND window_hours.hour IS NULL THEN acted.us END) AS uncovered_from_us,
    max(CASE WHEN acted.changed AND window_hours.hour IS NULL THEN acted.us END) AS uncovered_to_us,
    min(acted.resource) AS resource,
    max(acted.resource) AS other_resource,
    min(acted.user_agent) AS user_agent,
    max(acted.user_agent) AS other_user_agent,
    min({
        'choice': CASE WHEN NOT acted.changed THEN 2 WHEN window_hours.hour IS NULL THEN 0 ELSE 1 END,
        'us': acted.us,
        'event_id': acted.event_id
    }) AS sample
FROM judged_acts AS acted
LEFT JOIN window_hours
    ON window_hours.person = acted.person
    AND window_hours.system = acted.system
    AND window_hours.hour = CASE WHEN acted.changed THEN acted.us // 3600000000 END
    AND acted.us BETWEEN window_hours.opens_us AND window_hours.closes_us
GROUP BY
    acted.caller, acted.session, acted.system, acted.slot, acted.action, acted.category, acted.level, acted.outcome,
    acted.source_ip, acted.login_target
