-- The last standing of every finding before a run; runs are ordered by their time, then by when they were recorded.
-- A run that is made again is no run before itself. What the run just before says nothing of is closed: it was found by an audit of the past that was made later.
with earlier as (select run, row_number() over (order by at desc, rowid desc) as age from runs where at < :at),
last as (select finding, status, min(age) as age from standings join earlier using (run) group by finding)
select f.*, iif(age = 1, status, 'closed') as status
from last join findings f on f.id = last.finding
