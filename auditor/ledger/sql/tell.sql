insert into told values (:finding, :at, 1)
on conflict (finding) do update set at = excluded.at, delivered = 1
