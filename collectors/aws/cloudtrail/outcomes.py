"""How a call that CloudTrail records went: done, refused, or failed."""

from auditor.model.details import as_object
from auditor.model.vocabulary import Outcome
from collectors.aws.cloudtrail.actions import actions
from collectors.aws.cloudtrail.shapes import Record, loose

OUTCOMES = tuple((outcome.value,) for outcome in (Outcome.OK, Outcome.DENIED, Outcome.FAILED))
OK, REFUSED, FAILED = range(3)
"""Their numbers in a table's rows, and the cells that these stand for."""

_NO_ERROR = frozenset({"-", "null", "none", "n/a"})  # as exports write a field that is not there
_DENIED = ("AccessDenied", "UnauthorizedOperation", "UnauthorizedAccess", "NotAuthorized", "Forbidden")


def outcome_of(error_code: str) -> int:
    """How a call went, by the code of its error."""
    if error_code.casefold() in _NO_ERROR:
        return OK
    return REFUSED if any(word in error_code for word in _DENIED) else FAILED


def signed_in(event: Record) -> bool:
    """Whether an event of signing in, which has no code, tells that somebody did."""
    if actions()["before_signing_in"].fullmatch(f"signin:{event.event_name}"):
        return False
    return "Failure" not in as_object(loose(event.response_elements)).values()
