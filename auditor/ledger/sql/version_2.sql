-- From version 1 of the ledger to version 2.
create table decisions (
    number integer primary key, finding text not null, decision text not null, until text, reason text not null,
    decided_by text not null, decided_at text not null, run text not null) strict;
create index decisions_of_finding on decisions (finding);
