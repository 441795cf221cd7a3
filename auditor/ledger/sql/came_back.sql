-- What runs since a time found again after it was gone.
select distinct s.finding from standings s join runs r using (run)
where s.status = 'reopened' and r.at > :since and r.at <= :at
