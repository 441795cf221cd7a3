-- What some accounts did in the period, and requests for a session as one of them.
SELECT
    caller_acts.provider, caller_acts.scope, caller_acts.account, caller_acts.actor_kind, caller_acts.credential,
    actors.opener, actors.person, actors.actor_class, actors.whole_of, caller_acts.invoked_by,
    caller_acts.category, caller_acts.action, caller_acts.level, caller_acts.outcome, caller_acts.resource,
    caller_acts.permissions,
    caller_acts.us, (caller_acts.us + $ahead) // 86400000000 AS day, caller_acts.ticket,
    caller_acts.event_id, caller_acts.source, caller_acts.origin, caller_acts.record, caller_acts.sha256
FROM caller_acts
JOIN actors ON actors.caller = caller_acts.caller
WHERE
    caller_acts.us >= $period_from
    AND (
        caller_acts.account IN (SELECT account FROM asked_accounts)
        OR caller_acts.action IN ($session_requests)
        AND caller_acts.resource IN (SELECT account FROM asked_accounts)
    )
