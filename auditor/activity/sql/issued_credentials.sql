-- Temporary keys handed out to somebody. Those that a provider's own services fetch for themselves name
-- nobody.
SELECT DISTINCT issued_credential AS credential
FROM events
WHERE issued_credential IS NOT NULL AND outcome = 'ok' AND coalesce(actor_kind, '') NOT IN ($own_services)
