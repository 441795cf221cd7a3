-- What runs since a time found closed, or past, and that has not come back.
select f.*, s.status
from standings s join runs r using (run) join findings f on f.id = s.finding
where s.status = :status and r.at > :since and r.at <= :at and not exists (
    select 1 from standings later join runs l using (run)
    where later.finding = s.finding and l.at > r.at and l.at <= :at)
order by r.at, f.id
