-- A finding that went away and came back is another occasion: what was said of the first holds no longer.
select finding, decision, until, reason, decided_by, decided_at, run, known_by, who from decisions d
where d.decided_at <= :at and (d.decision = 'exception' or not exists (
    select 1 from standings s join runs r using (run)
    where s.finding = d.finding and s.status = 'closed' and r.at > d.decided_at and r.at <= :at))
order by d.number
