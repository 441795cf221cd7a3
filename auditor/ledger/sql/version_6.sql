-- From version 5 of the ledger to version 6.
create table heads (run text primary key, at text not null, number integer not null, sha256 text not null) strict;
alter table decisions add column known_by text not null default '';
