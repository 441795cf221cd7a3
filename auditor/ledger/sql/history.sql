-- Each run in numbers.
select r.run, r.at, r.people_with_write, r.changes, r.rose, r.minutes_possible, r.minutes_used,
    r.minutes_unknown,
    coalesce(sum(s.status = 'new'), 0) as new,
    coalesce(sum(s.status not in ('closed', 'past', 'excepted')), 0) as open,
    coalesce(sum(s.status = 'closed'), 0) as closed,
    coalesce(sum(s.status = 'reopened'), 0) as reopened,
    -- Also those that an exception covers from the start.
    coalesce(sum(f.rule = 'evidence/policy-changed' and not exists (
        select 1 from standings p join runs q using (run) where p.finding = s.finding and q.at < r.at)), 0)
        as policy_changes
from runs r left join standings s using (run) left join findings f on f.id = s.finding group by r.run order by r.at, r.rowid
