-- Every event once, where some are doubled.
SELECT
    source, origin, record, sha256, event_id, us, provider, scope, account, actor, actor_kind, session, credential,
    on_behalf_of, invoked_by, issued, issued_credential, action, category, level, outcome, resource, source_ip,
    user_agent, ticket, owner, request, permissions, detail
FROM recorded
ANTI JOIN duplicate_events USING (provider, event_id)
UNION ALL
SELECT
    source, origin, record, sha256, event_id, us, provider, scope, account, actor, actor_kind, session, credential,
    on_behalf_of, invoked_by, issued, issued_credential, action, category, level, outcome, resource, source_ip,
    user_agent, ticket, owner, request, permissions, detail
FROM first_copies
