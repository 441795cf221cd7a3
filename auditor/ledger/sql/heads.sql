-- What the chain ended with, in its order.
select run, at, number, sha256 from heads where at <= :at order by number
