insert into decisions (finding, decision, until, reason, decided_by, decided_at, run, known_by, who)
values (:finding, :decision, :until, :reason, :decided_by, :decided_at, :run, :known_by, :who)
