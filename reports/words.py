"""How values are said in reports: plain words, one form for times, and text that cannot deceive."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple

from auditor.model.vocabulary import Capability

if TYPE_CHECKING:
    from auditor.config.models import Config
    from auditor.model.campaigns import LineItem
    from auditor.model.entitlements import Entitlement
    from auditor.model.findings import Evidence
    from auditor.model.subjects import Subject

# Beside words that are told apart by colour, a sign that is told apart without.
_MARKS = {
    "critical": "◆",
    "high": "▲",
    "medium": "●",
    "low": "○",
    "ok": "●",
    "partial": "◐",
    "failed": "○",
    "not read": "\N{EN DASH}",
    "present": "✓",
    "there but": "!",
    "missing": "✗",
    "not needed": "\N{EN DASH}",
    "unknown": "?",
    "change": "●",
    "refused": "○",
    "emergency": "◆",
    "release": "▲",
    "session": "·",
    "read": "·",
    "secret": "·",
    "comment": "“",
    "signal": "~",
}

# The limits worth saying aloud when somebody can change a system in other ways.
_LIMITS = (Capability.DEPLOY, Capability.CHANGE_CONFIG, Capability.WRITE_DATABASE, Capability.MANAGE_ACCESS)

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_STAMP = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?Z)?")
_LENGTH_OF_DAY = len("2026-10-02")
_OF_PEOPLE = frozenset({"approver", "keeper", "owner", "owners", "people", "reviewer", "second_reviewer"})
"""Facts that hold ids of the roster."""
_JOINERS = {"\u200c", "\u200d"}
# No name, address or path is this long; setting a word takes time that grows with the square of its length.
_LONGEST_WORD, _BEGINNING, _END = 1_000, 600, 200
_ENDLESS = re.compile(rf"\S{{{_LONGEST_WORD + 1},}}")


def shown(text: str | None) -> str:
    """Text from outside as a report may show it.

    It is `visible`, and the middle of an endless word is left out and counted.
    """
    if not text:
        return ""
    told = visible(text)
    return told if len(told) <= _LONGEST_WORD else _ENDLESS.sub(_bearable, told)


def visible(text: str) -> str:
    """The text with U+FFFD for what is invisible or turns the writing round, and a space for the end of a line."""
    return text if text.isprintable() else "".join(map(_visible, text))


def mark(word: str) -> str:
    """The sign of a severity, a status of coverage, a link of a story or a sort of act."""
    return _MARKS.get(word, "")


def number(value: int) -> str:
    """`5,000`."""
    return f"{value:,}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 finding`, `2 findings`, `5,000 findings`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listing(items: Iterable[str], most: int | None = None, last: str = "and") -> str:
    """`a, b and c`; beyond `most`, `a, b and 4 more`."""
    named = list(items)
    if most is not None and len(named) > most + 1:
        return f"{', '.join(named[:most])} {last} {len(named) - most:,} more"
    if len(named) < 2:  # noqa: PLR2004 - one item needs no conjunction
        return "".join(named)
    return f"{', '.join(named[:-1])} {last} {named[-1]}"


def person(who: str | None, config: Config) -> str:
    """Somebody of the roster by name, a declared robot's or emergency account by its id, another in short."""
    known = config.people_by_id.get(who or "")
    return known.name if known else _declared(who, config) or account_name(who or "")


def _declared(account: str | None, config: Config) -> str | None:
    """The id under which an account is declared, by whichever of its names; nothing for a person's."""
    if not account or not config.holders:
        return None
    from auditor.providers import registry  # late, as below

    return next(filter(None, map(config.holders.get, registry.account_name(account).spellings)), None)


def system(id_: str | None, config: Config) -> str:
    """A configured system by name; nothing for none."""
    known = config.systems_by_id.get(id_ or "")
    return known.name if known else id_ or ""


def when(moment: datetime | None, zone: tzinfo) -> str:
    """`2 Oct 2026 09:41 CEST`; nothing where the time is unknown."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y %H:%M %Z}".rstrip()


def until(moment: datetime | None, zone: tzinfo) -> str:
    """`until 2 Oct 2026 09:41 CEST`, or that there is no end."""
    return f"until {when(moment, zone)}" if moment else "no end"


def day(moment: datetime, zone: tzinfo) -> str:
    """`2 October 2026`."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%B %Y}"


def date(day: dt.date | None) -> str:
    """`2 Oct 2026`; nothing where there is none."""
    return f"{day.day} {day:%b %Y}" if day else ""


def clock(first: datetime, last: datetime, zone: tzinfo, *, dated: bool = False) -> str:
    """`09:41:10`; where it lasted, `09:41:10-09:49:02`; with its day, `2 Oct 09:41:10`, and with another at its end."""
    begins, ends = first.astimezone(zone), last.astimezone(zone)
    text = f"{begins.day} {begins:%b %H:%M:%S}" if dated else f"{begins:%H:%M:%S}"
    if (last - first).total_seconds() < 1:
        return text
    over = dated and begins.date() != ends.date()
    return f"{text} to {ends.day} {ends:%b %H:%M:%S}" if over else f"{text}-{ends:%H:%M:%S}"


def stretch(start: datetime | None, end: datetime | None, zone: tzinfo) -> str:
    """A span of time with its day said once: `2 Oct 2026 09:41 to 09:49 CEST`."""
    if start is None or end is None or start == end:
        return when(start or end, zone)
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() == last.date() and first.tzname() == last.tzname():
        return f"{first.day} {first:%b %Y %H:%M} to {last:%H:%M %Z}".rstrip()
    return f"{when(start, zone)} to {when(end, zone)}"


def span(start: datetime | None, end: datetime | None, zone: tzinfo) -> str:
    """Days, each with its month: `2 Sep 2026 to 2 Oct 2026`, or the one day that it is."""
    days = dict.fromkeys(date(moment.astimezone(zone).date()) for moment in (start, end) if moment)
    return " to ".join(days)


def abilities(capabilities: Iterable[Capability]) -> str:
    """`deploy and restart; cannot change the database or manage access`."""
    held = set(capabilities)
    can = listing(capability.words for capability in Capability if capability in held)
    if not any(capability.changes for capability in held):
        return f"{can}, nothing more" if can else "no right that is known by name"
    cannot = listing((c.words for c in _LIMITS if c not in held), last="or")
    return f"{can}; cannot {cannot}" if cannot else can


def account_name(account: str) -> str:
    """An account or resource as people read it, where its provider knows a shorter way to write it."""
    from auditor.providers import registry  # late: the command line's help needs no provider

    return shown(registry.account_name(account).short or account)


def reached(path: Entitlement | LineItem, config: Config) -> str:
    """The system that a path leads to; where that is no one system, `everything in PostgreSQL orders`."""
    from auditor.providers import registry  # late: the command line's help needs no provider

    return system(path.system, config) or f"everything in {registry.place(path.provider, path.scope)}"


def short(text: str, most: int = 44) -> str:
    """The text, its middle left out where it is longer than a table cell bears."""
    if len(text) <= most:
        return text
    return f"{text[: most * 2 // 3]}…{text[-(most // 3 - 1) :]}"


def clipped(text: str, most: int) -> str:
    """A sentence, its end left out after a whole word where it is longer than a table cell bears."""
    if len(text) <= most:
        return text
    return f"{text[:most].rpartition(' ')[0].rstrip(',;:') or text[: most - 1]}…"


class Cut(NamedTuple):
    """The first of some items, and a sentence where there are more."""

    shown: Sequence[Any]
    rest: str


def cut(items: Sequence[Any], most: int, what: str, where: str, many: str | None = None) -> Cut:
    """No more items than a page bears, and `And 4 more findings, in findings.csv.` where there are."""
    left = len(items) - most
    more = plural(left, f"more {what}", f"more {many}" if many else None)
    return Cut(items[:most], f"And {more}, {where}." if left > 0 else "")


def cited(pointer: Evidence) -> str:
    """Where a raw record is."""
    event = f", event {pointer.event_id}" if pointer.event_id else ""
    return f"{pointer.source}: {pointer.origin}, record {pointer.record}{event}"


def record(pointer: Evidence, *, whole: bool = True) -> str:
    """`logins: logs/sshd/web-1.log#6`; else with the last part of the origin only, `logins: web-1.log#6`."""
    origin = pointer.origin if whole else pointer.origin.rstrip("/").rsplit("/", 1)[-1]
    return f"{pointer.source}: {origin}#{pointer.record}"


def evidence_id(pointer: Evidence) -> str:
    """The id that the provider gave the event, else its record: what a reader can look up."""
    return pointer.event_id or record(pointer)


def agreed(exception: Mapping[str, object], config: Config) -> str:
    """`until 31 Dec 2026, approved by Tom Weiss: owner on call`."""
    known = {name: fact_value(value) for name, value in exception.items() if value}
    until = known.get("until", "an unknown date")
    with suppress(ValueError):
        until = date(dt.date.fromisoformat(until))
    text = f"until {until}, approved by {person(known.get('approved_by'), config) or 'nobody named'}"
    return f"{text}: {known['reason']}" if "reason" in known else text


def about(subject: Subject, config: Config) -> str:
    """What an outcome is about, people and systems by their names."""
    who, where = person(subject.person, config), system(subject.system, config)
    return str(replace(subject, person=who or None, system=where or None))


def fact_name(name: str) -> str:
    """`minutes_after` as `minutes after`."""
    return name.replace("_", " ")


def fact(name: str, value: object, config: Config) -> str:
    """What a finding's fact says, people by their names."""
    if name in _OF_PEOPLE and value:
        value = [person(str(one), config) for one in (value if isinstance(value, list | tuple) else [value])]
    return fact_value(value, config.zone)


def fact_value(value: object, zone: tzinfo | None = None) -> str:
    """A plain value in words, times and days as elsewhere; lists of more than twelve are cut, and say so."""
    if value is None or isinstance(value, bool):
        return {True: "yes", False: "no", None: "unknown"}[value]
    if isinstance(value, float):
        return f"{value:,}".removesuffix(".0")
    if isinstance(value, Mapping):
        return ", ".join(f"{fact_name(str(k))}: {fact_value(v, zone)}" for k, v in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return listing([fact_value(item, zone) for item in value], most=12)
    # A run tells its own findings before they were ever written as findings.json has them.
    if zone and isinstance(value, str) and _STAMP.fullmatch(value):
        with suppress(ValueError, OverflowError):  # a name may be written like a time
            day = len(value) == _LENGTH_OF_DAY
            return date(dt.date.fromisoformat(value)) if day else when(datetime.fromisoformat(value), zone)
    return when(value, zone) if zone and isinstance(value, datetime) else str(value)


def _bearable(word: re.Match[str]) -> str:
    """`AAA… 19,200 letters more …AAA`."""
    left = len(word[0]) - _BEGINNING - _END
    return f"{word[0][:_BEGINNING]}… {left:,} letters more …{word[0][-_END:]}"


def _visible(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    return " " if character in "\t\n\r" else "\N{REPLACEMENT CHARACTER}"
