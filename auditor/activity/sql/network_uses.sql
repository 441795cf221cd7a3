-- Uses by the minute of those of people's keys that were used from two networks and by two programs. An address from which
-- three people act is where their own network ends (an office, a VPN), and does not count.
SELECT
    keys.person, keys.account, keys.credential,
    min(calls.us) AS us,
    keys.source_ip, keys.user_agent,
    min(calls.event_id) AS event_id,
    keys.network
FROM numbered_acts AS calls
JOIN (
    SELECT used.*
    FROM network_keys AS used
    JOIN (
        SELECT person, credential
        FROM network_keys
        GROUP BY person, credential
        HAVING min(network) <> max(network) AND min(user_agent) <> max(user_agent)
    ) AS several ON several.person IS NOT DISTINCT FROM used.person AND several.credential IS NOT DISTINCT FROM used.credential
    WHERE used.source_ip NOT IN (SELECT source_ip FROM network_keys GROUP BY source_ip HAVING count(DISTINCT person) > 2)
) AS keys
    ON keys.caller = calls.caller
    AND keys.session IS NOT DISTINCT FROM calls.session
    AND keys.address = calls.address
    AND keys.program = calls.program
WHERE calls.us >= $period_from
GROUP BY
    keys.person, keys.account, calls.caller, keys.credential, keys.source_ip, keys.user_agent, keys.network, calls.us // 60000000
