-- The rows to drop of each staged file: all but the first of an event, and all of one that is stored.
with new as (
    select filename, file_row_number as position, source, provider, event_id, origin, record
    from read_parquet($new, filename = true, file_row_number = true)
    semi join suspects on hash(provider, event_id) = h
),
old as ({stored_ids}),
ranked as (
    select new.*, row_number() over (
        partition by provider, event_id order by origin, record, source, filename, position) as choice
    from new
)
select filename, list(position) as positions from ranked
where choice > 1 or (provider, event_id) in (select (provider, event_id) from old)
group by filename
