-- From version 9 of the ledger to version 10.
create table proofs (number integer primary key, campaign text not null references campaigns, told text not null) strict;
create trigger proofs_stay before update on proofs begin select raise(abort, 'a proof is not changed'); end;
create trigger proofs_remain before delete on proofs begin select raise(abort, 'a proof is not changed'); end;
