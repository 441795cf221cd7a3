-- Hashes of events that may be in a day twice: cheap to find, and seldom any.
create or replace temp table suspects as
with new as (select hash(provider, event_id) as h from read_parquet($new))
select h from new group by h having count(*) > 1
union
select h from new semi join ({stored_hashes}) old using (h)
