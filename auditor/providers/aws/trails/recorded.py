"""What an account's trails leave out together."""

from collections.abc import Sequence

from auditor.model.tables import Trail
from auditor.model.vocabulary import Category, Severity
from auditor.providers.protocol.logs import Unrecorded

_READS, _WRITES = "calls that only read", "calls that change something"
DATA = "reads and writes of data (data events)"
_HIDDEN_BY = {Category.SECRET: _READS, Category.LOGIN: _READS, Category.READ: DATA}


def unrecorded(scope: str, trails: Sequence[Trail]) -> Unrecorded:
    """What the trails of an account and of its organisation that are on leave out.

    High where changes are not recorded, low where data events alone are missing.
    """
    lacks, running = tuple(_lacks(trails)), [trail for trail in trails if trail.logging]
    hides = {kind: words for kind, words in _HIDDEN_BY.items() if words in lacks}
    if not running:
        lost = "what happens there is forgotten after 90 days, at the latest"
        return Unrecorded(lacks, f"No trail is on in AWS account {scope}: {lost}", severity=Severity.HIGH, hides=hides)
    one = f"trail {running[0].name} of AWS account {scope} leaves"
    which = one if len(running) == 1 else f"trails of AWS account {scope} leave"
    severity = Severity.LOW if set(lacks) == {DATA} else Severity.HIGH if _WRITES in lacks else None
    return Unrecorded(lacks, f"The {which} out", names_lacks=True, severity=severity, hides=hides)


def _lacks(trails: Sequence[Trail]) -> list[str]:
    """What all trails that are on leave out together."""
    running = [trail for trail in trails if trail.logging]
    everywhere = [trail for trail in running if trail.multi_region]
    recorded = {kind for trail in everywhere or running for kind in trail.management}
    lacks = [words for kind, words in (("write", _WRITES), ("read", _READS)) if kind not in recorded]
    if running and not everywhere:
        lacks.append(f"every region but {' and '.join(sorted({trail.home_region or 'one' for trail in running}))}")
        if not any(trail.global_events for trail in running):
            lacks.append("services without a region, such as IAM")
    return lacks if any(trail.data for trail in running) else [*lacks, DATA]
