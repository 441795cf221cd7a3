"""What an account's trails leave out together, and what a change to one leaves recorded."""

from collections.abc import Sequence
from typing import Any

from auditor.activity.results import JudgedEvent
from auditor.model.details import as_objects, details
from auditor.model.tables import Trail
from auditor.model.vocabulary import Severity
from auditor.providers.base import Unrecorded

_READS, _WRITES = "calls that only read", "calls that change something"
_DATA = "reads and writes of data (data events)"
_GIVEN_UP = ("isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation", "isOrganizationTrail")


def unrecorded(scope: str, trails: Sequence[Trail]) -> Unrecorded:
    """What the trails of an account and of its organisation that are on leave out.

    High where changes are not recorded, low where data events alone are missing.
    """
    lacks, running = tuple(_lacks(trails)), [trail for trail in trails if trail.logging]
    if not running:
        lost = "what happens there is forgotten after 90 days, at the latest"
        return Unrecorded(lacks, f"No trail is on in AWS account {scope}: {lost}", severity=Severity.HIGH)
    one = f"trail {running[0].name} of AWS account {scope} leaves"
    which = one if len(running) == 1 else f"trails of AWS account {scope} leave"
    severity = Severity.LOW if set(lacks) == {_DATA} else Severity.HIGH if _WRITES in lacks else None
    return Unrecorded(lacks, f"The {which} out", names_lacks=True, severity=severity)


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
    return lacks if any(trail.data for trail in running) else [*lacks, _DATA]


def narrows(event: JudgedEvent) -> bool:
    """Whether a change leaves less recorded than a full trail; deleting or stopping always does."""
    asked = details(event.detail)
    match event.action.rsplit(":", 1)[-1]:
        case "UpdateTrail":
            return any(asked.get(flag) is False for flag in _GIVEN_UP)
        case "PutEventSelectors":
            basic, advanced = as_objects(asked.get("eventSelectors")), as_objects(asked.get("advancedEventSelectors"))
            return not (any(map(_is_whole, basic)) or any(map(_is_whole_advanced, advanced)))
        case _:
            return True


def _is_whole(selector: dict[str, Any]) -> bool:
    return selector.get("includeManagementEvents", True) is True and selector.get("readWriteType", "All") == "All"


def _is_whole_advanced(selector: dict[str, Any]) -> bool:
    """Whether it keeps all management events: it selects them and excludes nothing."""
    fields = as_objects(selector.get("fieldSelectors"))
    chosen = [field.get("equals") for field in fields if field.get("field") == "eventCategory"]
    return len(chosen) == len(fields) and any("Management" in (names or ()) for names in chosen)
