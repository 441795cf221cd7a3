-- People's keys used in turns from two networks by two programs: how often a use from one followed within the session
-- gap on a use from the other. One desk has an IPv4 and an IPv6 address: of those nobody can tell how far apart they are.
SELECT turns.*, named_acts.source, named_acts.origin, named_acts.record, named_acts.sha256
FROM (
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
        min(event_id) AS event_id
    FROM (
        SELECT
            uses.*,
            us // 86400000000 AS day,
            lag(us) OVER (PARTITION BY person, credential, newer ORDER BY us, source_ip, user_agent) AS us_before,
            lag(network) OVER (PARTITION BY person, credential, newer ORDER BY us, source_ip, user_agent) AS network_before,
            lag(user_agent) OVER (PARTITION BY person, credential, newer ORDER BY us, source_ip, user_agent) AS agent_before
        FROM (SELECT *, network LIKE '%:%' AS newer FROM network_uses) AS uses
    ) AS ordered
    WHERE network <> network_before AND user_agent <> agent_before AND us - us_before <= $gap
    GROUP BY person, account, credential, day, least(network, network_before), greatest(network, network_before)
    HAVING count(*) > 1
) AS turns
JOIN named_acts ON named_acts.event_id = turns.event_id
ORDER BY person, credential, day, one_network, other_network
