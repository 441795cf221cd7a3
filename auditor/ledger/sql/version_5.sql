-- From version 4 of the ledger to version 5.
alter table findings add column kind text not null default 'event';
alter table findings add column acted_at text;
