"""CloudTrail's event history: 90 days of management events, for teams whose trail has no bucket.

AWS tells the newest first and allows two calls a second. So that a run that is cut short leaves no hole behind it, what
is new is read in stretches of time, oldest first: one where little happened, days where much did.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Struct

from auditor.config.sources.aws import AwsCloudTrail
from auditor.errors import SourceError
from collectors.aws import session as aws
from collectors.aws.cloudtrail.shapes import BAD_JSON
from collectors.base import Batch, Context, Raw
from collectors.refusals import refusal
from collectors.times import parse_time

if TYPE_CHECKING:
    import boto3

HISTORY = timedelta(days=90)
"""So far back AWS keeps it."""
LATE = timedelta(hours=2)
"""Events may turn up late: so much before the end of the last run is read again."""
GLOBAL = "us-east-1"
"""Where IAM and other services without a region write."""
CALLS_A_SECOND = 2

_SPLIT = timedelta(days=1)
_BATCH_PAGES = 100
_PREFIX = "cloudtrail:LookupEvents"
_ORIGIN = re.compile(rf"{_PREFIX}/\d{{12}}/[^/]+/([^/]+)--([^/]+)/page-\d+$")
_ANSWER = re.compile(rb'\s*\{\s*"(?:Events|NextToken)"\s*:')
_WHEN = "%Y%m%dT%H%M%SZ"

Ask = Callable[[datetime, datetime, str | None], dict[str, Any]]


def look_up(source: AwsCloudTrail, context: Context, seen: Mapping[str, str]) -> Iterator[Batch]:
    """What is new in every region, some pages at a time; the last page of a stretch has its end as version.

    Raises:
        SourceError: signing in failed, or regions could not be read, or not to their end; the others were.
    """
    signed_in = aws.session(source)
    regions = source.regions or dict.fromkeys((aws.region_of(signed_in, source), GLOBAL))
    account = aws.caller(source, signed_in)["Account"]
    refused: list[SourceError] = []
    for region in regions:
        try:
            yield from _batches(
                _pages(_asking(source, signed_in, region), f"{_PREFIX}/{account}/{region}", context, seen)
            )
        except SourceError as error:
            refused.append(error)
    if refused:
        raise refusal(
            "source",
            "no event history",
            transient=all(error.transient for error in refused),
            why="; ".join(error.why for error in refused),
            do=refused[0].do,
        )


def window_of(origin: str) -> tuple[datetime, datetime] | None:
    """The stretch of time that a page belongs to; None for other origins."""
    match = _ORIGIN.match(origin)
    return (parse_time(match[1]), parse_time(match[2])) if match else None


class Page(NamedTuple):
    """One answer about a stretch of time."""

    first: datetime
    last: datetime
    number: int
    answer: dict[str, Any]
    final: bool


def pages(ask: Ask, first: datetime, last: datetime) -> Iterator[Page]:
    """Every page of a stretch of time, in smaller stretches, the oldest first, where it holds more than one page.

    Raises:
        SourceError: AWS does not answer, or gives the same page for ever.
    """
    stretches = [(first, last)]
    while stretches:
        first, last = stretches.pop()
        answer = ask(first, last, None)
        if answer.get("NextToken") and last - first > _SPLIT:
            middle = (first + (last - first) / 2).replace(microsecond=0)
            stretches += [(middle, last), (first, middle)]
            continue
        number, token = 1, answer.get("NextToken")
        tokens = {token}
        yield Page(first, last, number, answer, final=not token)
        while token:
            answer, number = ask(first, last, token), number + 1
            if answer.get("NextToken") in tokens:
                raise SourceError("CloudTrail gives the same page of its event history again and again.")
            token = answer.get("NextToken")
            tokens.add(token)
            yield Page(first, last, number, answer, final=not token)


def unwrapped(content: bytes) -> bytes:
    """The records in an answer of `lookup-events` as a file of CloudTrail has them; other content as it is."""
    if not _ANSWER.match(content[:4096]):
        return content
    try:
        found = _answer(content).events
    except BAD_JSON:
        return content
    return b'{"Records":[' + b",".join((event.record or "null").encode() for event in found) + b"]}"


class _Event(msgspec.Struct, gc=False):
    """An event, whose record is text in it."""

    record: str | None = msgspec.field(default=None, name="CloudTrailEvent")


class _Answer(msgspec.Struct, gc=False):
    """A page."""

    events: list[_Event] = msgspec.field(name="Events")


_answer = msgspec.json.Decoder(_Answer).decode


def _pages(ask: Ask, name: str, context: Context, seen: Mapping[str, str]) -> Iterator[Raw]:
    until = context.collected_at
    for page in pages(ask, _since(name, seen, until), until):
        data = aws.as_json({key: value for key, value in page.answer.items() if key != "ResponseMetadata"})
        yield Raw(
            f"{name}/{page.first:{_WHEN}}--{page.last:{_WHEN}}/page-{page.number:05}",
            partial(bytes, data),
            version=page.last.isoformat() if page.final else "page",
            size=len(data),
            original=True,
        )


def _since(name: str, seen: Mapping[str, str], until: datetime) -> datetime:
    """Until when earlier runs have read everything, with room for what came late; else as far back as AWS remembers."""
    ends = [
        version for origin, version in seen.items() if origin.startswith(f"{name}/") and version not in ("", "page")
    ]
    oldest = until - HISTORY
    return max(oldest, max(map(parse_time, ends)) - LATE) if ends else oldest


def _batches(raws: Iterator[Raw]) -> Iterator[Batch]:
    """Some pages at a time; what was read before an error is not lost by it."""
    batch: list[Raw] = []
    try:
        for raw in raws:
            batch.append(raw)
            if len(batch) >= _BATCH_PAGES:
                yield batch
                batch = []
    except SourceError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _asking(source: AwsCloudTrail, signed_in: boto3.Session, region: str) -> Ask:
    client = aws.client(source.model_copy(update={"region": region}), "cloudtrail", patient=True, signed_in=signed_in)
    pace = _Pace(CALLS_A_SECOND)

    def ask(first: datetime, last: datetime, token: str | None) -> dict[str, Any]:
        pace.wait()
        more = {"NextToken": token} if token else {}
        with aws.explained(f"asking for CloudTrail's event history in {region} (cloudtrail:LookupEvents)"):
            answer: dict[str, Any] = client.lookup_events(StartTime=first, EndTime=last, MaxResults=50, **more)
        return answer

    return ask


class _Pace(Struct):
    """Lets so many calls a second go by."""

    per_second: float
    _next: float = 0.0

    def wait(self) -> None:
        """Until the next call may be made."""
        now = time.perf_counter()
        time.sleep(max(0.0, self._next - now))
        self._next = max(self._next, now) + 1 / self.per_second
