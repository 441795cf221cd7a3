-- Acts with numbers in place of the words that many of them share.
SELECT
    acts.caller, acts.us, sessions.session, deeds.deed, addresses.address, programs.program, acts.resource,
    acts.issued, acts.issued_credential, acts.ticket, acts.permissions, acts.detail,
    acts.event_id, files.file, acts.record
FROM caller_acts AS acts
JOIN deeds
    ON deeds.action = acts.action
    AND deeds.category = acts.category
    AND deeds.level = acts.level
    AND deeds.outcome = acts.outcome
JOIN files
    ON files.source = acts.source
    AND files.origin = acts.origin
    AND files.sha256 = acts.sha256
LEFT JOIN sessions ON sessions.name = acts.session
LEFT JOIN addresses ON addresses.source_ip = acts.source_ip
LEFT JOIN programs ON programs.user_agent = acts.user_agent
