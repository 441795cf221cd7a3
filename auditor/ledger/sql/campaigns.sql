-- Every campaign with its end, in the order in which they were opened.
select c.campaign, c.run, c.manifest, c.population, c.lines, c.opened_at, c.opened_by, c.due,
    e.closed_at, e.closed_by, e.despite, e.record, e.known_by
from campaigns c left join closings e using (campaign) order by c.rowid
