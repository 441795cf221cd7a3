-- From version 3 of the ledger to version 4.
create table told (finding text primary key, at text not null, delivered integer not null) strict;
create table told_missing (at text primary key, missing text not null, delivered integer not null) strict;
