-- Every decision of a campaign, or of all, in the order in which they were added.
select campaign, line, decision, until, who, reason, decided_by, decided_at, said_at, known_by
from attestations where :campaign in ('', campaign) order by number
