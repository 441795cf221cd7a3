"""Answers of a forge's API as raw objects, and its errors as sentences."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from collectors import base
from collectors.base import Raw
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


def answer(origin: str, part: str, data: bytes) -> Raw:
    """An answer of the API, which nothing else keeps; the secrets in it are taken out."""
    return base.answer(origin, _SECRETS.sub(rb'\1"***"', data), part)


def refused(service: str, status: int | None, said: object, doing: str) -> SourceError:
    """The error for an answer that says no. `doing` says what was tried, as in "listing the members of ops"."""
    detail = f"{status or 'no status'}: {_short(said)}"
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


def _short(said: object) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return redact(" ".join(text.split()), _LONGEST_ANSWER)
