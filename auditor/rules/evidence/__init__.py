"""What was not seen: an audit over missing evidence must say so."""

from auditor.rules.evidence.sources import gap, source_failed
from auditor.rules.evidence.trails import altered, not_recorded

__all__ = ["altered", "gap", "not_recorded", "source_failed"]
