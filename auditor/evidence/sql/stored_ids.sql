-- The suspects among the events that earlier runs have stored.
select distinct provider, event_id from read_parquet($stored)
semi join suspects on hash(provider, event_id) = h where time between $first and $last
