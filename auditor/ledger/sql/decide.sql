insert into decisions (finding, decision, until, reason, decided_by, decided_at, run)
values (:finding, :decision, :until, :reason, :decided_by, :decided_at, :run)
