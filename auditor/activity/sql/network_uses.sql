-- Uses of people's keys by the minute, each with its network. Private addresses, the provider's own programs (a console's,
-- a shell's in the cloud) and what a service did on somebody's behalf do not count.
SELECT
    judged.person, judged.account,
    coalesce(calls.credential, calls.session, calls.actor) AS credential,
    min(calls.us) AS us,
    calls.source_ip, calls.user_agent,
    min(calls.event_id) AS event_id,
    networks.network
FROM caller_acts AS calls
JOIN judged ON judged.caller = calls.caller
JOIN networks ON networks.source_ip = calls.source_ip
WHERE
    calls.us >= $period_from
    AND calls.provider NOT IN ($shells)
    AND calls.invoked_by IS NULL
    AND calls.user_agent IS NOT NULL
    AND judged.actor_class = 'person'
    AND NOT networks.private
    AND NOT regexp_matches(calls.user_agent, $own_programs)
GROUP BY
    judged.person, judged.account, calls.caller, coalesce(calls.credential, calls.session, calls.actor), calls.source_ip, calls.user_agent,
    networks.network, calls.us // 60000000
