-- From where and with which program each lasting key of a robot was used, in the period; programs by what stands before
-- their version.
SELECT
    account, credential, network, program,
    count(*) AS events,
    count(DISTINCT us // 86400000000) AS days,
    min(us) AS first_us,
    max(us) AS last_us,
    min(source_ip) AS source_ip,
    min(user_agent) AS user_agent,
    min(event_id) AS event_id
FROM (
    SELECT
        named_acts.provider, named_acts.scope, judged.account, named_acts.credential, named_acts.us,
        named_acts.source_ip, named_acts.user_agent, named_acts.event_id,
        split_part(named_acts.user_agent, '/', 1) AS program,
        networks.network
    FROM named_acts
    JOIN judged ON judged.caller = named_acts.caller
    JOIN networks ON networks.source_ip = named_acts.source_ip
    WHERE
        judged.actor_class IN ('service', 'pipeline')
        AND judged.person IS NULL
        AND named_acts.us >= $period_from
        AND NOT judged.shell
        AND NOT regexp_matches(named_acts.credential, $temporary)
        AND named_acts.user_agent IS NOT NULL
) AS used
GROUP BY provider, scope, account, credential, network, program
