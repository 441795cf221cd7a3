-- The ledger's first version. A step that was released never changes.
create table runs (run text primary key, at text not null, people_with_write integer) strict;
create table findings (
    id text primary key, rule text not null, severity text not null, summary text not null, thing text not null,
    person text, account text, system text, resource text, credential text, ticket text) strict;
create table standings (
    run text not null references runs on delete cascade, finding text not null references findings,
    status text not null, primary key (run, finding)) strict, without rowid;
create index standings_of_finding on standings (finding);
