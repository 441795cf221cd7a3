-- A file that is handed in twice tells nothing new.
insert into attestations (campaign, line, decision, until, who, reason, decided_by, decided_at, said_at, known_by)
select :campaign, :line, :decision, :until, :who, :reason, :decided_by, :decided_at, :said_at, :known_by
where not exists (
    select 1 from attestations a where a.number = (
        select max(number) from attestations where campaign = :campaign and line = :line and decided_by = :decided_by)
    and a.decision = :decision and a.until is :until and a.who = :who and a.reason = :reason)
