-- What a run found gone.
select f.*, status from standings s join findings f on f.id = s.finding
where s.run = :run and s.status = 'closed' order by f.rule, f.id
