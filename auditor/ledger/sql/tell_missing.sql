insert into told_missing values (:at, :missing, :delivered)
on conflict (at) do update set missing = excluded.missing, delivered = excluded.delivered
