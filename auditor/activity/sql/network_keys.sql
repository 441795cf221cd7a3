-- From where and with which programs people used their keys. Private addresses, the provider's own programs (a console's,
-- a shell's in the cloud) and what a service did on somebody's behalf do not count.
SELECT
    judged.person, judged.account, used.caller, used.session,
    coalesce(callers.credential, used.session, callers.actor) AS credential,
    used.address, used.program, networks.source_ip, programs.user_agent, networks.network
FROM (
    SELECT calls.caller, calls.session, calls.address, calls.program
    FROM numbered_acts AS calls
    JOIN judged ON judged.caller = calls.caller
    WHERE calls.us >= $period_from AND judged.actor_class = 'person'
    GROUP BY calls.caller, calls.session, calls.address, calls.program
) AS used
JOIN judged ON judged.caller = used.caller
JOIN callers ON callers.caller = used.caller
JOIN networks ON networks.address = used.address
JOIN programs ON programs.program = used.program
WHERE
    NOT judged.shell
    AND judged.invoked_by IS NULL
    AND NOT networks.private
    AND NOT regexp_matches(programs.user_agent, $own_programs)
