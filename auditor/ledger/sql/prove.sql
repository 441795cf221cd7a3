insert into proofs (campaign, told) values (:campaign, :told)
