-- When each finding was first seen.
select s.finding, min(r.at) from standings s join runs r using (run)
where r.at <= :at and s.status not in ('closed', 'past') group by s.finding
