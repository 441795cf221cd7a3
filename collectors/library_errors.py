"""What the library of a service raises, as sentences that tell a person what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from collectors.least_speed import SlowAnswerError
from collectors.redact import redact
from collectors.refusals import refusal

if TYPE_CHECKING:
    from requests import RequestException

_THROTTLED, _SERVER_ERROR = 429, 500
_KINDS = {401: "invalid", 403: "denied", 404: "unknown", _THROTTLED: "throttled"}
_LONGEST_ANSWER = 200


@contextmanager
def explained(
    service: str, doing: str, library: type[Exception], told: Callable[[Any], tuple[int | None, object]]
) -> Iterator[None]:
    """Turns what a forge's library raises inside it into SourceError.

    Raises:
        SourceError: in place of any error of the library, and of answers that are not as they should be.
    """
    from requests import RequestException

    try:
        yield
    except SlowAnswerError as error:
        raise error.refused(doing) from error
    except library as error:
        raise _refused(service, *told(error), doing) from error
    except RequestException as error:
        raise _unreachable(service, error, doing) from error
    except (ValueError, KeyError, TypeError) as error:
        raise _refused(service, None, f"the answer is not as it should be: {error}", doing) from error


def _refused(service: str, status: int | None, message: object, doing: str) -> SourceError:
    """The error for an answer that says no. `doing` says what was tried, as in "listing the members of ops"."""
    said = f"{status or 'no status'}: {_short(message)}"
    transient = status is None or status >= _SERVER_ERROR or status == _THROTTLED
    kind = _KINDS.get(status or 0, "other")
    return refusal("forge", kind, transient=transient, service=service, doing=doing, said=said)


def _unreachable(service: str, error: RequestException, doing: str) -> SourceError:
    """The error for a call that got no answer, or only part of one."""
    from requests.exceptions import ChunkedEncodingError, InvalidJSONError, SSLError, Timeout

    if isinstance(error, ChunkedEncodingError):
        kind = "cut"
    elif isinstance(error, InvalidJSONError):
        kind = "unreadable"
    elif isinstance(error, Timeout):
        kind = "slow"
    else:
        kind = "untrusted" if isinstance(error, SSLError) else "unreachable"
    said = _short(type(error).__name__)
    return refusal("forge", kind, transient=kind != "untrusted", service=service, doing=doing, said=said)


def _short(message: object) -> str:
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
    return redact(" ".join(text.split()), _LONGEST_ANSWER)
