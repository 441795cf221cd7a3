-- Events that somebody did, up to the end of the period. A log's sign of life is nobody's act, and neither is a sign-in
-- that failed, but for a session that was asked for and refused: it is known who asked. A temporary key says who acts only
-- where it is known to whom it was handed out; elsewhere it would only multiply the callers. Where not everything is asked
-- for, whatever opened a session is told too: whose acts others are hangs on it.
SELECT
    source, origin, record, sha256, event_id, us,
    provider, scope, account, actor, actor_kind, session,
    CASE WHEN regexp_matches(events.credential, $temporary) THEN issued_credentials.credential ELSE events.credential END AS credential,
    on_behalf_of, invoked_by, issued, issued_credential,
    action, category, level, outcome, resource, source_ip, user_agent, ticket, permissions, detail
FROM events
LEFT JOIN issued_credentials ON issued_credentials.credential = events.credential
WHERE
    us < $period_to
    AND actor_kind IS DISTINCT FROM 'log'
    AND NOT (category = 'login' AND outcome <> 'ok' AND NOT (outcome = 'denied' AND action IN ($session_requests)))
    AND (($asked) OR outcome = 'ok' AND (issued IS NOT NULL OR issued_credential IS NOT NULL))
