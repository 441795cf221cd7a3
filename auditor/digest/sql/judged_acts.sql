-- Acts of judged callers in the period: on which system, in which slot, and whether they changed something.
-- A slot is as long as the session gap, so that no pause inside one ends an episode; an sshd session is one slot.
-- A service's sessions are no sittings: they count as one stream.
SELECT
    called.caller,
    CASE WHEN judged.actor_class = 'service' THEN NULL ELSE called.session END AS session,
    CASE
        WHEN called.provider = 'ssh' AND called.session IS NOT NULL AND judged.actor_class <> 'service' THEN 0
        ELSE called.us // $gap
    END AS slot,
    judged.person,
    placed.system,
    called.outcome = 'ok'
        AND called.level IN ('write', 'admin')
        AND called.category IN ('change', 'secret', 'grant', 'audit-trail') AS changed,
    called.us, called.action, called.category, called.level, called.outcome, called.resource,
    called.source_ip, called.user_agent,
    called.event_id, called.source, called.origin, called.record, called.sha256
FROM called
JOIN judged ON judged.caller = called.caller
LEFT JOIN placed
    ON placed.provider = called.provider
    AND placed.scope = called.scope
    AND placed.resource IS NOT DISTINCT FROM called.resource
WHERE called.us >= $period_from
