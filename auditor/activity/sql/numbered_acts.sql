-- Acts with numbers in place of the words that many of them share.
SELECT
    acts.caller, acts.us, acts.session, deeds.deed, addresses.address, programs.program, acts.resource,
    acts.issued, acts.issued_credential, acts.ticket, acts.permissions, acts.detail,
    acts.event_id, acts.source, acts.origin, acts.record, acts.sha256
FROM caller_acts AS acts
JOIN deeds
    ON deeds.action = acts.action
    AND deeds.category = acts.category
    AND deeds.level = acts.level
    AND deeds.outcome = acts.outcome
LEFT JOIN addresses ON addresses.source_ip = acts.source_ip
LEFT JOIN programs ON programs.user_agent = acts.user_agent
