-- What later runs proved of a campaign, or of all, in the order in which it was added.
select told from proofs where :campaign in ('', campaign) order by number
