-- From version 10 of the ledger to version 11.
alter table runs add column minutes_possible integer;
alter table runs add column minutes_used integer;
alter table runs add column minutes_unknown integer;
