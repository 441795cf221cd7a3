-- Every event, in the account of what it was done to; a call that two accounts' logs have, once.
SELECT
    source, origin, record, sha256, told_once.event_id, us, told_once.provider, coalesce(owner, scope) AS scope,
    account, actor, actor_kind, session, credential, on_behalf_of, invoked_by, issued, issued_credential,
    action, category, level, outcome, resource, source_ip, user_agent, ticket, permissions, detail
FROM told_once
ANTI JOIN shared_calls USING (provider, event_id)
UNION ALL
SELECT
    place.source, place.origin, place.record, place.sha256, place.event_id, place.us, place.provider,
    coalesce(place.owner, place.scope) AS scope,
    calling.account, calling.actor, calling.actor_kind, calling.session, calling.credential, calling.on_behalf_of,
    calling.invoked_by,
    coalesce(calling.issued, place.issued) AS issued,
    coalesce(calling.issued_credential, place.issued_credential) AS issued_credential,
    place.action, place.category, place.level, place.outcome,
    coalesce(place.resource, calling.resource) AS resource,
    calling.source_ip, calling.user_agent, place.ticket, place.permissions,
    coalesce(place.detail, calling.detail) AS detail
FROM shared_calls AS by_place
JOIN told_once AS place ON place.provider = by_place.provider AND place.event_id = by_place.event_id
JOIN shared_calls AS by_caller ON by_caller.call = by_place.call AND by_caller.by_caller = 1
JOIN told_once AS calling ON calling.provider = by_caller.provider AND calling.event_id = by_caller.event_id
WHERE by_place.by_place = 1
