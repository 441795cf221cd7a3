insert into told values (:finding, :at, :delivered)
on conflict (finding) do update set at = excluded.at, delivered = excluded.delivered
