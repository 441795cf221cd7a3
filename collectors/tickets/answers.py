"""Answers of a forge's API as raw objects, and its errors as sentences."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from collectors.base import Raw, answer, missing
from collectors.redact import redact

if TYPE_CHECKING:
    from requests import RequestException

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _THROTTLED, _SERVER_ERROR = 401, 403, 404, 429, 500
_LONGEST_ANSWER = 200
# Values that the API gives to whoever may change a project: they are no evidence, and nobody's business.
_SECRETS = re.compile(rb'("(?:\w*token|import_url|password)"\s*:\s*)"(?:[^"\\]|\\.)*"')


def secret(name: str, variable: str) -> str:
    """What the environment variable that a source names holds.

    Raises:
        SourceError: it is not set.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        raise SourceError(
            f"{name}: the environment variable {variable} is not set.",
            means="Nothing of this source was read.",
            do=f"Set {variable} to a token before the audit runs; `auditor.yaml` never holds it.",
        )
    return value


def kept(origin: str, part: str, content: bytes | list[Any]) -> Raw:
    """An answer as received, or records put together from several; the secrets in it are taken out."""
    if not isinstance(content, bytes):
        content = json.dumps(content, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return answer(origin, _SECRETS.sub(rb'\1"***"', content), part)


def paged(
    origin: str,
    pages: Iterator[list[Any]],
    explained: Callable[[], AbstractContextManager[None]],
    whole: Callable[[Any], Any],
) -> Iterator[Raw]:
    """Every page of issues; a sentence in the place of those that are not to be had.

    Args:
        origin: the list's name in evidence.
        pages: asks for a page when it is asked for one.
        explained: turns what that raises into SourceError.
        whole: an issue with what else is asked about it.
    """
    number = 0
    while True:
        number += 1
        name = f"{origin}/page-{number:04}"
        try:
            with explained():
                page = next(pages, None)
        except SourceError as error:
            yield missing(name, error.what.rstrip("."))
            return
        if page is None:
            return
        yield kept(name, "issues", [whole(issue) for issue in page])


@contextmanager
def explained(
    service: str, doing: str, library: type[Exception], told: Callable[[Any], tuple[int | None, object]]
) -> Iterator[None]:
    """Turns what a forge's library raises inside it into SourceError.

    Args:
        service: the forge's name.
        doing: what is tried.
        library: the class of its errors.
        told: status and message of one.

    Raises:
        SourceError: in place of any error of the library, and of answers that are not as they should be.
    """
    from requests import RequestException

    try:
        yield
    except library as error:
        raise refused(service, *told(error), doing) from error
    except RequestException as error:
        raise unreachable(service, error, doing) from error
    except (ValueError, KeyError, TypeError) as error:
        raise refused(service, None, f"the answer is not as it should be: {error}", doing) from error


def refused(service: str, status: int | None, message: object, doing: str) -> SourceError:
    """The error for an answer that says no. `doing` says what was tried, as in "listing the members of ops"."""
    detail = f"{status or 'no status'}: {_short(message)}"
    if status == _UNAUTHORIZED:
        return SourceError(
            f"{service} does not accept the token, or it has expired ({detail}), while {doing}.",
            means="Nothing of this source was read.",
            do="Make a new token and put it into the environment variable that `token_env` names.",
        )
    if status == _FORBIDDEN:
        return SourceError(
            f"{service} denied access while {doing} ({detail}).",
            means="What stands there was not read; nothing can be said about it.",
            do="Give the token the scope and role in the README.",
        )
    if status == _NOT_FOUND:
        return SourceError(
            f"{service} knows nothing of it, or hides it from this token ({detail}), while {doing}.",
            means="What stands there was not read.",
            do="Check the name in auditor.yaml, and that the token's user is a member.",
        )
    if status == _THROTTLED:
        return SourceError(
            f"{service} asked to slow down, for longer than the audit waits ({detail}), while {doing}.",
            means="What stands there was not read.",
            do="Run again later, or have the limit raised for the auditor's user.",
            transient=True,
        )
    return SourceError(
        f"{service} answered with an error ({detail}) while {doing}.",
        means="What stands there was not read.",
        transient=status is None or status >= _SERVER_ERROR,
    )


def unreachable(service: str, error: RequestException, doing: str) -> SourceError:
    """The error for a call that got no answer, or only part of one."""
    from requests.exceptions import ChunkedEncodingError, InvalidJSONError, SSLError, Timeout

    if isinstance(error, ChunkedEncodingError):
        what = f"The connection to {service} was cut in the middle of an answer"
    elif isinstance(error, InvalidJSONError):
        what = f"{service} sent something that is no JSON"
    elif isinstance(error, Timeout):
        what = f"{service} did not answer in time"
    elif isinstance(error, SSLError):
        what = f"The certificate of {service} cannot be trusted"
    else:
        what = f"{service} could not be reached"
    return SourceError(
        f"{what}, while {doing} ({_short(type(error).__name__)}).",
        means="What stands there was not read.",
        do="Check the network and the source's url.",
        transient=not isinstance(error, SSLError),
    )


def listed(data: bytes) -> list[Any]:
    """The records of an answer: the entries of its list, or the one object that it is.

    Raises:
        ValueError: it is no JSON, or neither list nor object.
    """
    try:
        content = json.loads(data)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if isinstance(content, list):
        return content
    if isinstance(content, dict):
        return [content]
    raise ValueError("it is neither a list nor an object")


def single(data: bytes) -> dict[str, Any]:
    """The one object that an answer is.

    Raises:
        ValueError: it is no JSON, or something else.
    """
    records = listed(data)
    if len(records) != 1 or not isinstance(records[0], dict):
        raise ValueError("it is no object")
    return records[0]


def quoted(data: bytes, record: int) -> str:
    """The record of an answer that a row points at, as people can read it."""
    return json.dumps(listed(data)[record], indent=1, ensure_ascii=False)


def _short(message: object) -> str:
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
    return redact(" ".join(text.split()), _LONGEST_ANSWER)
