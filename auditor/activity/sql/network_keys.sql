-- From where and with which programs people used their keys. Private addresses, the provider's own programs (a console's,
-- a shell's in the cloud) and what a service did on somebody's behalf do not count.
SELECT
    judged.person, judged.account, used.caller, used.session,
    coalesce(callers.credential, used.session, callers.actor) AS credential,
    used.source_ip, used.user_agent, networks.network
FROM (
    SELECT calls.caller, calls.session, calls.source_ip, calls.user_agent
    FROM numbered_acts AS calls
    JOIN judged ON judged.caller = calls.caller
    WHERE calls.us >= $period_from AND judged.actor_class = 'person'
    GROUP BY calls.caller, calls.session, calls.source_ip, calls.user_agent
) AS used
JOIN judged ON judged.caller = used.caller
JOIN callers ON callers.caller = used.caller
JOIN networks ON networks.source_ip = used.source_ip
WHERE
    callers.provider NOT IN ($shells)
    AND callers.invoked_by IS NULL
    AND used.user_agent IS NOT NULL
    AND NOT networks.private
    AND NOT regexp_matches(used.user_agent, $own_programs)
