-- From version 6 of the ledger to version 7.
alter table runs add column finished integer not null default 1;
