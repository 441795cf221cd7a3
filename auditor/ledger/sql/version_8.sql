-- From version 7 of the ledger to version 8.
alter table decisions add column who text not null default '';
create table campaigns (
    campaign text primary key, run text not null, manifest text not null, population text not null, lines integer not null,
    opened_at text not null, opened_by text not null, due text not null) strict;
create table attestations (
    number integer primary key, campaign text not null references campaigns, line text not null, decision text not null,
    until text, who text not null, reason text not null, decided_by text not null, decided_at text not null,
    said_at text, known_by text not null) strict;
create index attestations_of_campaign on attestations (campaign);
create table closings (
    campaign text primary key references campaigns, closed_at text not null, closed_by text not null, despite text not null,
    record text not null, known_by text not null) strict;
create trigger campaigns_stay before update on campaigns begin select raise(abort, 'a campaign is not changed'); end;
create trigger campaigns_remain before delete on campaigns begin select raise(abort, 'a campaign is not changed'); end;
create trigger attestations_stay before update on attestations begin select raise(abort, 'a decision is not changed'); end;
create trigger attestations_remain before delete on attestations begin select raise(abort, 'a decision is not changed'); end;
create trigger closings_stay before update on closings begin select raise(abort, 'a closing is not changed'); end;
create trigger closings_remain before delete on closings begin select raise(abort, 'a closing is not changed'); end;
