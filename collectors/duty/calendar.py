"""The entries of an iCalendar (RFC 5545) in a stretch of time, by icalendar and recurring-ical-events.

Events from before it are left out before they are parsed, so that a feed of ten years costs what its present does; what
recurs by the minute is no duty. What takes too long beyond that is not worked out.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, islice
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditor.deadline import OverdueError, deadline
from auditor.model.details import as_list
from collectors.problems import Problems

_FOLD = re.compile(r"\r?\n[ \t]")
_EDGE = re.compile(r"^(BEGIN|END):VEVENT[ \t\r]*$", re.MULTILINE | re.IGNORECASE)
_DAY = re.compile(r"^DT(?:START|END)\b[^\n]*?:(\d{8})", re.MULTILINE | re.IGNORECASE)
_AGAIN = re.compile(r"^(?:RRULE|RDATE|RECURRENCE-ID|DURATION)\b", re.MULTILINE | re.IGNORECASE)
_BURSTS = re.compile(r"^RRULE\b[^\n]*(?:=SECONDLY|=MINUTELY|BYSECOND=|BYMINUTE=\d+,)", re.MULTILINE | re.IGNORECASE)
_NUMBER = "X-AUDITOR-RECORD"
_WHEN = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"})
_MOST = 20_000
_NO_PERSON = frozenset({"RESOURCE", "ROOM"})


class Entry(Struct, frozen=True):
    """An entry: the number of its event in the file, when it is, and whom it names, as written."""

    record: int
    starts_at: datetime
    ends_at: datetime
    names: tuple[str, ...]
    title: str
    organiser: str


def events(data: bytes) -> list[str]:
    """The events of a file, as text."""
    return [piece for piece, is_event in _pieces(_text(data)) if is_event]


def entries(
    data: bytes, stretch: tuple[datetime, datetime], zone: ZoneInfo, problems: Problems, longest: timedelta
) -> Iterator[Entry]:
    """The entries of a stretch of time; those that were cancelled are none.

    Args:
        data: the file.
        stretch: from when to when.
        zone: of times and days that name none.
        problems: gets what cannot be read.
        longest: how long working out what recurs may take.

    Raises:
        ValueError: it is no iCalendar, or takes too long.
    """
    import icalendar
    from recurring_ical_events import of

    numbers, first = count(), f"{stretch[0] - timedelta(days=1):%Y%m%d}"

    def numbered(event: str) -> str:
        number = next(numbers)
        if _BURSTS.search(event):
            problems.reject("an event recurs by the minute, which is no duty", f"event {number + 1}")
            return ""
        over = max(_DAY.findall(event), default=first) < first and not _AGAIN.search(event)
        return "" if over else re.sub(r"\r?\n", f"\r\n{_NUMBER}:{number}\r\n", event, count=1)

    text = "".join(numbered(piece) if is_event else piece for piece, is_event in _pieces(_text(data)))
    try:
        with deadline(longest):
            calendars = icalendar.Calendar.from_ical(text, multiple=True)
            if not any(one.name == "VCALENDAR" for one in calendars):
                raise ValueError("it is no iCalendar")
            for one in calendars:
                one.subcomponents = [part for part in one.subcomponents if _is_whole(part, problems)]
            queries = [of(one, skip_bad_series=True) for one in calendars]
            found = list(islice((one for query in queries for one in query.between(*stretch)), _MOST + 1))
    except OverdueError as error:
        raise ValueError("what recurs in it cannot be worked out in time") from error
    except (TypeError, OverflowError, IndexError) as error:
        raise ValueError(f"it is not as a calendar should be: {error}") from error
    if len(found) > _MOST:
        problems.note(f"it has more than {_MOST:,} entries in {(stretch[1] - stretch[0]).days} days; the rest was left")
    for component in found[:_MOST]:
        if str(component.get("STATUS", "")).upper() != "CANCELLED":
            yield from _entry(component, zone)


def _text(data: bytes) -> str:
    return _FOLD.sub("", data.decode("utf-8-sig", "replace"))


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is an event."""
    begin: int | None = None
    done = 0
    for edge in _EDGE.finditer(text):
        if edge[1].upper() == "BEGIN":
            begin = edge.start() if begin is None else begin
        elif begin is not None:
            yield text[done:begin], False
            yield text[begin : edge.end()], True
            begin, done = None, edge.end()
    yield text[done:], False


def _is_whole(part: Any, problems: Problems) -> bool:
    """Whether when an event is can be read; of one without, what is left would be a guess."""
    if part.name != "VEVENT":
        return True
    wrong = next((why for name, why in part.errors if name in _WHEN), "")
    if not wrong and "DTSTART" not in part:
        wrong = "it has no beginning"
    if not wrong and isinstance(at := part["DTSTART"].dt, datetime) and at.tzinfo is None:
        zone = part["DTSTART"].params.get("TZID")
        wrong = f"its time zone {zone} is not known" if zone else ""
    if wrong:
        problems.reject(f"an event cannot be read: {wrong}", f"event {int(part.get(_NUMBER, 0)) + 1}")
    return not wrong


def _entry(component: Any, zone: ZoneInfo) -> Iterator[Entry]:
    begins, ends = (_moment(component[name].dt, zone) for name in ("DTSTART", "DTEND"))
    if begins < ends:
        attendees = as_list(component.get("ATTENDEE", []))
        invited = [_address(one) for one in attendees if _comes(one)]
        absent = {_address(one).casefold() for one in attendees if not _comes(one)}
        organiser = component.get("ORGANIZER")
        made = _address(organiser) if organiser is not None else ""
        yield Entry(
            record=int(component.get(_NUMBER, 0)),
            starts_at=begins,
            ends_at=ends,
            names=tuple(dict.fromkeys(filter(None, invited))),
            title=str(component.get("SUMMARY", "")).strip(),
            organiser="" if made.casefold() in absent else made,
        )


def _moment(at: date, zone: ZoneInfo) -> datetime:
    """A time in UTC; a day begins in the zone, and a time that names none is in it."""
    if not isinstance(at, datetime):
        at = datetime.combine(at, time(), zone)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _comes(attendee: Any) -> bool:
    """Whether it is somebody who did not decline."""
    params = attendee.params
    return str(params.get("PARTSTAT", "")).upper() != "DECLINED" and params.get("CUTYPE", "").upper() not in _NO_PERSON


def _address(who: Any) -> str:
    """The address of somebody, or the name that stands beside one that is no address."""
    text = re.sub(r"^mailto:", "", str(who), flags=re.IGNORECASE).strip()
    return text if "@" in text else str(who.params.get("EMAIL") or who.params.get("CN") or "").strip()
