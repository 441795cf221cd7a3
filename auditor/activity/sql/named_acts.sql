-- Numbered acts in all their words.
SELECT
    acts.caller, acts.us, callers.provider, callers.scope, callers.account, callers.actor, callers.actor_kind, callers.credential,
    callers.invoked_by, acts.session, acts.issued, acts.issued_credential,
    deeds.action, deeds.category, deeds.level, deeds.outcome, acts.resource, addresses.source_ip, programs.user_agent,
    acts.ticket, acts.permissions, acts.detail, acts.event_id, acts.source, acts.origin, acts.record, acts.sha256
FROM numbered_acts AS acts
JOIN callers ON callers.caller = acts.caller
JOIN deeds ON deeds.deed = acts.deed
LEFT JOIN addresses ON addresses.address = acts.address
LEFT JOIN programs ON programs.program = acts.program
