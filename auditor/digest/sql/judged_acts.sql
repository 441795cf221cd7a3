-- Acts of judged callers in the period: on which system, in which slot, and whether they changed something.
-- A slot is as long as the session gap, so that no pause inside one ends an episode; an sshd session is one slot.
-- Services, and cloud callers whom nobody knows, are robots with ever new sessions: theirs do not count.
SELECT
    caller, session, person, system,
    CASE WHEN provider = 'ssh' AND session IS NOT NULL THEN 0 ELSE us // $gap END AS slot,
    outcome = 'ok'
        AND level IN ('write', 'admin')
        AND category IN ('change', 'secret', 'grant', 'audit-trail') AS changed,
    us, action, category, level, outcome, resource, source_ip, user_agent, event_id
FROM (
    SELECT
        called.caller, called.provider, judged.person, placed.system,
        CASE
            WHEN judged.actor_class = 'service' THEN NULL
            WHEN judged.actor_class = 'unknown' AND called.provider <> 'ssh' THEN NULL
            ELSE called.session
        END AS session,
        called.us, called.action, called.category, called.level, called.outcome, called.resource,
        called.source_ip, called.user_agent, called.event_id
    FROM called
    JOIN judged ON judged.caller = called.caller
    LEFT JOIN placed
        ON placed.provider = called.provider
        AND placed.scope = called.scope
        AND placed.resource IS NOT DISTINCT FROM called.resource
    WHERE called.us >= $period_from
) AS found
