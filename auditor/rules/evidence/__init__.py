"""What was not seen: an audit over missing evidence must say so."""

from auditor.rules.evidence.policy import policy_changed
from auditor.rules.evidence.sources import gap, source_failed
from auditor.rules.evidence.trails import altered, not_recorded, reads_not_recorded

RULES = (
    source_failed,
    gap,
    altered,
    not_recorded,
    reads_not_recorded,
    policy_changed,
)
