-- From version 8 of the ledger to version 9.
alter table runs add column changes integer;
alter table runs add column rose integer;
