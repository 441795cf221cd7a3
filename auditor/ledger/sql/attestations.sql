-- Every decision of a campaign, in the order in which they were added.
select campaign, line, decision, until, who, reason, decided_by, decided_at, said_at, known_by
from attestations where campaign = :campaign order by number
