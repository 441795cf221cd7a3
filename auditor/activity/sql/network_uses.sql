-- Uses of people's keys by the minute, each with its network. Private addresses, the provider's own programs (a console's,
-- a shell's in the cloud) and what a service did on somebody's behalf do not count.
SELECT
    judged.person, judged.account, uses_by_minute.credential, uses_by_minute.us, uses_by_minute.source_ip,
    uses_by_minute.user_agent, uses_by_minute.event_id, networks.network
FROM (
    SELECT
        caller,
        coalesce(credential, session, actor) AS credential,
        source_ip, user_agent,
        us // 60000000 AS minute,
        min(us) AS us,
        min(event_id) AS event_id
    FROM caller_acts
    WHERE us >= $period_from AND provider NOT IN ($shells) AND invoked_by IS NULL AND user_agent IS NOT NULL
    GROUP BY caller, coalesce(credential, session, actor), source_ip, user_agent, us // 60000000
) AS uses_by_minute
JOIN judged ON judged.caller = uses_by_minute.caller
JOIN networks ON networks.source_ip = uses_by_minute.source_ip
WHERE
    judged.actor_class = 'person'
    AND NOT networks.private
    AND NOT regexp_matches(uses_by_minute.user_agent, $own_programs)
