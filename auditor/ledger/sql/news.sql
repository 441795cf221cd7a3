-- Findings that the team was never told of, or not since they last appeared.
select s.finding
from standings s join runs r using (run) left join told t on t.finding = s.finding and t.delivered
where r.at <= :at
group by s.finding
having max(t.at) is null or max(t.at) < max(iif(s.status in ('new', 'reopened'), r.at, ''))
