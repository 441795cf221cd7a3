-- Every decision, in the order in which they were added.
select finding, decision, until, reason, decided_by, decided_at, run, known_by, who from decisions order by number
