-- What some accounts did in the period, and requests for a session as one of them.
SELECT
    named_acts.provider, named_acts.scope, named_acts.account, named_acts.actor_kind, named_acts.credential,
    actors.opener, actors.person, actors.actor_class, actors.whole_of, named_acts.invoked_by,
    named_acts.category, named_acts.action, named_acts.level, named_acts.outcome, named_acts.resource,
    named_acts.permissions,
    named_acts.us, (named_acts.us + $ahead) // 86400000000 AS day, named_acts.ticket,
    named_acts.event_id, named_acts.source, named_acts.origin, named_acts.record, named_acts.sha256
FROM named_acts
JOIN actors ON actors.caller = named_acts.caller
WHERE
    named_acts.us >= $period_from
    AND (
        named_acts.account IN (SELECT account FROM asked_accounts)
        OR named_acts.action IN ($session_requests)
        AND named_acts.resource IN (SELECT account FROM asked_accounts)
    )
