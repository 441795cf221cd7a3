-- Hashes of the events that earlier runs have stored.
select hash(provider, event_id) as h
from read_parquet($stored)
where time between $first and $last
