"""Answers of a forge's API as raw objects, and its errors as sentences."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from auditor.errors import SourceError
from collectors.base import Raw, answer, missing
from collectors.least_speed import SlowAnswerError
from collectors.redact import LONGEST_TEXT, redact
from collectors.refusals import refusal

if TYPE_CHECKING:
    from requests import RequestException

T = TypeVar("T", bound=Hashable)
NOT_IN_PLAN = "not-in-plan"
"""The part in the place of a list that the plan, or this kind of token, does not have."""

_THROTTLED, _SERVER_ERROR = 429, 500
_KINDS = {401: "invalid", 403: "denied", 404: "unknown", _THROTTLED: "throttled"}
_LONGEST_ANSWER = 200
_MOST_PAGES = 1_000_000
# Values that the API gives to whoever may change a project: they are no evidence, and nobody's business.
_SECRETS = re.compile(rb'("(?:\w*token|import_url|password)"\s*:\s*)"(?:[^"\\]|\\.)*"')


def secret(name: str, variable: str) -> str:
    """What the environment variable that a source names holds.

    Raises:
        SourceError: it is not set.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        raise refusal("forge", "no token", name=name, variable=variable)
    return value


def kept(origin: str, part: str, content: bytes | list[Any]) -> Raw:
    """An answer as received, or records put together from several; the secrets in it are taken out."""
    if not isinstance(content, bytes):
        content = json.dumps(content, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return answer(origin, _SECRETS.sub(rb'\1"***"', content), part)


def refused(error: SourceError, status: int | None, name: str, needs: str, absent: Collection[int]) -> Raw:
    """What stands in the place of an answer that was refused: a sentence, or that the plan has no such thing.

    Args:
        error: the refusal.
        status: that of HTTP.
        name: the answer's in evidence.
        needs: what reading it takes.
        absent: the statuses that say that the plan has no such thing.
    """
    if status in absent:
        return kept(name, NOT_IN_PLAN, [{"status": status}])
    return missing(name, error.why + (f"; it takes {needs}" if needs else ""))


def paged(
    origin: str,
    part: str,
    pages: Iterator[bytes | list[Any]],
    explained: Callable[[], AbstractContextManager[None]] = nullcontext,
    refused: Callable[[SourceError, str, int], Raw] = lambda error, name, _: missing(name, error.why),
) -> Iterator[Raw]:
    """Every page of a list; something in the place of the one that is not to be had.

    Args:
        origin: the list's name in evidence.
        part: what its pages hold, for the normaliser.
        pages: asks for a page when it is asked for one.
        explained: turns what that raises into SourceError, where it raises anything else.
        refused: what stands in the place of a page, by its name and number.
    """
    for number in count(1):
        name = f"{origin}/page-{number:04}"
        try:
            with explained():
                page = next(pages, None)
        except SourceError as error:
            yield refused(error, name, number)
            return
        if page is None:
            return
        yield kept(name, part, page)


def linked(ask: Callable[[dict[str, str]], tuple[Any, str | None]], asked: Mapping[str, str]) -> Iterator[Any]:
    """The pages of a list whose answers name the address of the next one, which `ask` gives beside each.

    Of an address only the query is followed: the token goes nowhere else.

    Raises:
        ValueError: the same page comes again and again.
    """

    def turn(following: tuple[tuple[str, str], ...] | None) -> tuple[Any, tuple[tuple[str, str], ...]]:
        page, address = ask(dict(following or asked))
        return page, tuple(parse_qsl(urlsplit(address).query, keep_blank_values=True)) if address else ()

    return turned(turn)


def turned(ask: Callable[[T | None], tuple[Any, T | None]], most: int = _MOST_PAGES) -> Iterator[Any]:
    """The pages of a list, each asked for by what the one before it told; nothing is told of the first.

    Raises:
        ValueError: the same page comes again and again.
        SourceError: there are more pages than that.
    """
    following: T | None = None
    seen: set[T] = set()
    for _ in range(most):
        page, following = ask(following)
        yield page
        if not following:
            return
        if following in seen:
            raise ValueError("the same page comes again and again")
        seen.add(following)
    raise SourceError(f"it has more than {most:,} pages; the rest was not read")


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


def listed(data: bytes | str, *names: str) -> list[Any]:
    """The records of an answer: the entries of its list, of one that it holds under a name, or the object that it is.

    Raises:
        ValueError: it is no JSON, or neither list nor object.
    """
    try:
        content = json.loads(data)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if isinstance(content, dict):
        return next((content[name] for name in names if isinstance(content.get(name), list)), [content])
    if isinstance(content, list):
        return content
    raise ValueError("it is neither a list nor an object")


def objects(raws: Iterable[Raw]) -> Iterator[dict[str, Any]]:
    """The objects of answers; none where one is missing or cannot be read, which is told when it is normalised."""
    for raw in raws:
        try:
            found = [] if raw.missing else listed(raw.load())
        except ValueError:
            continue
        yield from (record for record in found if isinstance(record, dict))


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
    return shown(listed(data)[record])


def shown(record: Any) -> str:
    """A record as people can read it, without secrets."""
    return redact(json.dumps(record, indent=1, ensure_ascii=False), LONGEST_TEXT)


def _short(message: object) -> str:
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
    return redact(" ".join(text.split()), _LONGEST_ANSWER)
