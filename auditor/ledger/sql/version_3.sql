-- From version 2 of the ledger to version 3.
create table scripts (folder text primary key) strict;
create table removals (
    cleanup text not null, action text not null, step integer not null, time text not null,
    finding text not null, provider text not null, kind text not null, account text not null,
    holder_kind text not null, holder text not null, name text not null, caller text not null,
    primary key (cleanup, action, step, time, finding)) strict, without rowid;
create index removals_of_right on removals (provider, kind, account, holder, name);
