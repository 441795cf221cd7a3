-- Each run in numbers.
select r.run, r.at, r.people_with_write,
    coalesce(sum(s.status = 'new'), 0) as new,
    coalesce(sum(s.status not in ('closed', 'past', 'excepted')), 0) as open,
    coalesce(sum(s.status = 'closed'), 0) as closed,
    coalesce(sum(s.status = 'reopened'), 0) as reopened
from runs r left join standings s using (run) group by r.run order by r.at, r.rowid
