insert into heads values (:run, :at, :number, :sha256)
on conflict (run) do update set at = excluded.at, number = excluded.number, sha256 = excluded.sha256
