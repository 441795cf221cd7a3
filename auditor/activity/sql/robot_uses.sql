-- From where and with which program each lasting key of a robot was used, in the period; programs by what stands before
-- their version.
SELECT uses.*, caller_acts.source, caller_acts.origin, caller_acts.record, caller_acts.sha256
FROM (
    SELECT
        provider, scope, account, credential, network, program,
        count(*) AS events,
        count(DISTINCT us // 86400000000) AS days,
        min(us) AS first_us,
        max(us) AS last_us,
        min(source_ip) AS source_ip,
        min(user_agent) AS user_agent,
        min(event_id) AS event_id
    FROM (
        SELECT
            caller_acts.provider, caller_acts.scope, judged.account, caller_acts.credential, caller_acts.us,
            caller_acts.source_ip, caller_acts.user_agent, caller_acts.event_id,
            split_part(caller_acts.user_agent, '/', 1) AS program,
            networks.network
        FROM caller_acts
        JOIN judged ON judged.caller = caller_acts.caller
        JOIN networks ON networks.source_ip = caller_acts.source_ip
        WHERE
            judged.actor_class IN ('service', 'pipeline')
            AND judged.person IS NULL
            AND caller_acts.us >= $period_from
            AND caller_acts.provider NOT IN ($shells)
            AND NOT regexp_matches(caller_acts.credential, $temporary)
            AND caller_acts.user_agent IS NOT NULL
    ) AS used
    GROUP BY provider, scope, account, credential, network, program
) AS uses
JOIN caller_acts ON caller_acts.event_id = uses.event_id
ORDER BY credential, first_us, network, program
