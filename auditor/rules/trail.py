"""What a change to the audit trail leaves recorded."""

from collections.abc import Sequence
from typing import Any

from auditor.digest.results import Deed
from auditor.resolve.details import details

_GIVEN_UP = ("isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation", "isOrganizationTrail")


def narrows(deed: Deed) -> bool:
    """Whether the change leaves less recorded than a full trail; deleting or stopping always does."""
    asked = details(deed.detail)
    match deed.action.rsplit(":", 1)[-1]:
        case "UpdateTrail":
            return any(asked.get(flag) is False for flag in _GIVEN_UP)
        case "PutEventSelectors":
            basic, advanced = _objects(asked.get("eventSelectors")), _objects(asked.get("advancedEventSelectors"))
            return not (any(map(_is_whole, basic)) or any(map(_is_whole_advanced, advanced)))
        case _:
            return True


def _is_whole(selector: dict[str, Any]) -> bool:
    return selector.get("includeManagementEvents", True) is True and selector.get("readWriteType", "All") == "All"


def _is_whole_advanced(selector: dict[str, Any]) -> bool:
    """Whether it keeps all management events: it selects them and excludes nothing."""
    fields = _objects(selector.get("fieldSelectors"))
    chosen = [field.get("equals") for field in fields if field.get("field") == "eventCategory"]
    return len(chosen) == len(fields) and any("Management" in (names or ()) for names in chosen)


def _objects(value: Any) -> Sequence[dict[str, Any]]:
    """The objects of a list; what a request should not hold is passed over."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
