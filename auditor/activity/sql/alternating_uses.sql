-- People's keys used in turns from two networks by two programs: how often a use from one followed within the session
-- gap on a use from the other. Uses are taken together by the minute. A network is the first half of an IPv4 address, the
-- first three groups of an IPv6 one; names of hosts and what a service did on somebody's behalf do not count.
SELECT turns.*, events.source, events.origin, events.record, events.sha256
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
            placed_uses.*,
            us // 86400000000 AS day,
            lag(us) OVER (PARTITION BY person, credential ORDER BY us, source_ip, user_agent) AS us_before,
            lag(network) OVER (PARTITION BY person, credential ORDER BY us, source_ip, user_agent) AS network_before,
            lag(user_agent) OVER (PARTITION BY person, credential ORDER BY us, source_ip, user_agent) AS agent_before
        FROM (
            SELECT
                judged.person, judged.account, uses_by_minute.credential, uses_by_minute.us, uses_by_minute.source_ip,
                uses_by_minute.user_agent, uses_by_minute.event_id,
                CASE
                    WHEN uses_by_minute.source_ip LIKE '%:%:%' THEN concat(
                        split_part(uses_by_minute.source_ip, ':', 1), ':', split_part(uses_by_minute.source_ip, ':', 2), ':',
                        split_part(uses_by_minute.source_ip, ':', 3)
                    )
                    ELSE concat(
                        split_part(uses_by_minute.source_ip, '.', 1), '.', split_part(uses_by_minute.source_ip, '.', 2)
                    )
                END AS network
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
            WHERE
                judged.actor_class = 'person'
                AND (uses_by_minute.source_ip LIKE '%:%:%' OR uses_by_minute.source_ip LIKE '%.%.%.%')
                AND uses_by_minute.source_ip NOT LIKE '%.com'
        ) AS placed_uses
    ) AS ordered
    WHERE network <> network_before AND user_agent <> agent_before AND us - us_before <= $gap
    GROUP BY person, account, credential, day, least(network, network_before), greatest(network, network_before)
    HAVING count(*) > 1
) AS turns
JOIN events ON events.event_id = turns.event_id
ORDER BY person, credential, day, one_network, other_network
