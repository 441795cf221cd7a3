insert into told_missing values (:at, :missing, 1)
on conflict (at) do update set missing = excluded.missing, delivered = 1
