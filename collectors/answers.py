"""Answers of a service's API: as raw objects page by page, and the records and times in them."""

import json
import os
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from auditor.errors import SourceError
from collectors.base import Raw, answer, missing
from collectors.problems import Problems
from collectors.redact import LONGEST_TEXT, redact
from collectors.refusals import refusal
from collectors.times import parse_time

T = TypeVar("T", bound=Hashable)
NOT_IN_PLAN = "not-in-plan"
"""The part in the place of a list that the plan, or this kind of token, does not have."""

_MOST_PAGES = 1_000_000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
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


class Times(Struct, frozen=True):
    """Reads times; one that cannot be read costs itself, and is a problem."""

    problems: Problems

    def read(self, text: str | None, name: str, where: str) -> datetime | None:
        """A time, or a day as its first moment in UTC: members and tokens end when their last day begins there."""
        if not text:
            return None
        try:
            if _DAY.fullmatch(text):
                return datetime.fromisoformat(text).replace(tzinfo=UTC)
            return parse_time(text)
        except ValueError:
            self.problems.note(f"{name} is no time and was left out", where)
            return None
