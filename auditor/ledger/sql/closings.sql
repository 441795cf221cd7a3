-- Every campaign's end, in the order in which they were added.
select campaign, closed_at, closed_by, despite, record, known_by from closings order by rowid
