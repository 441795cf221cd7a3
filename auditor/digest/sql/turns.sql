-- People's keys used in turns from two networks by two programs: how often a use from one followed within the session
-- gap on a use from the other. A network is the first half of an IPv4 address, the first three groups of an IPv6 one;
-- names of hosts and what a service did on somebody's behalf do not count.
SELECT
    person, account, credential, day,
    least(network, network_before) AS one_network,
    greatest(network, network_before) AS other_network,
    count(*) AS turns,
    min(us_before) AS first_us,
    max(us) AS last_us,
    min(source_ip) AS one_address,
    max(source_ip) AS other_address,
    min(user_agent) AS one_agent,
    max(user_agent) AS other_agent,
    min({
        'us': us, 'event_id': event_id, 'source': source, 'origin': origin, 'record': record, 'sha256': sha256
    }) AS sample
FROM (
    SELECT
        used.*,
        us // 86400000000 AS day,
        lag(us) OVER (PARTITION BY person, credential ORDER BY us, event_id, source_ip, user_agent) AS us_before,
        lag(network) OVER (PARTITION BY person, credential ORDER BY us, event_id, source_ip, user_agent) AS network_before,
        lag(user_agent) OVER (PARTITION BY person, credential ORDER BY us, event_id, source_ip, user_agent) AS agent_before
    FROM (
        SELECT
            judged.person, judged.account,
            coalesce(called.credential, called.session, called.actor) AS credential,
            called.us, called.event_id, called.source_ip, called.user_agent,
            called.source, called.origin, called.record, called.sha256,
            CASE
                WHEN called.source_ip LIKE '%:%:%' THEN concat(
                    split_part(called.source_ip, ':', 1), ':', split_part(called.source_ip, ':', 2), ':',
                    split_part(called.source_ip, ':', 3)
                )
                ELSE concat(split_part(called.source_ip, '.', 1), '.', split_part(called.source_ip, '.', 2))
            END AS network
        FROM called
        JOIN judged ON judged.caller = called.caller
        WHERE
            judged.actor_class = 'person'
            AND called.us >= $period_from
            AND called.provider <> 'ssh'
            AND called.invoked_by IS NULL
            AND called.user_agent IS NOT NULL
            AND (called.source_ip LIKE '%:%:%' OR called.source_ip LIKE '%.%.%.%')
            AND called.source_ip NOT LIKE '%.com'
    ) AS used
) AS ordered
WHERE network <> network_before AND user_agent <> agent_before AND us - us_before <= $gap
GROUP BY person, account, credential, day, least(network, network_before), greatest(network, network_before)
HAVING count(*) > 1
ORDER BY person, credential, day, one_network, other_network
