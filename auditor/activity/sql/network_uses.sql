-- Uses of people's keys by the minute, each with its network: the first half of an IPv4 address, the first three groups
-- of an IPv6 one. Names of hosts, private addresses, the provider's own programs (a console's, a shell's in the cloud)
-- and what a service did on somebody's behalf do not count.
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
    AND NOT regexp_matches(uses_by_minute.user_agent, $own_programs)
    AND NOT regexp_matches(
        uses_by_minute.source_ip,
        '^(10|127|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.|^(f[cd]|fe80:).*:'
    )
