insert into campaigns values (:campaign, :run, :manifest, :population, :lines, :opened_at, :opened_by, :due)
