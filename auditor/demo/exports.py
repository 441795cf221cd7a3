"""What other tools write for the audit: a database's catalogue and log, a VPN's group, a vault's events, a rota."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from auditor.demo.calendar import DAY, WEEK, Calendar, clock
from auditor.demo.data import read, shaped
from auditor.demo.records import OFFICE, event_id

ITEM = "hs7break2glass4item6key2row"
"""The password manager's id of the item behind which the emergency user is."""
_TYPED, _HOUR = timedelta(seconds=40), timedelta(hours=1)
_ROBOTS = {"orders_app": "05:30", "auditor": "04:11"}
_GROUP = "databases"
_ON_DUTY = ("leon", "mia")  # the first of them in the week of the sale
_SALE = 4
_TURNS = 8


class Changed(Struct, frozen=True):
    """Rows that somebody changed by hand, on which working day, and when."""

    day: int
    at: str
    who: str
    statement: str

    def moment(self, calendar: Calendar) -> datetime:
        """When they did."""
        return clock(calendar.workday(self.day), self.at)


class Member(Struct, frozen=True):
    """Somebody in the VPN's group, since so many days before the night that the story is told from."""

    member: str
    since: int


class Opened(Struct, frozen=True):
    """Somebody looked into the item of the emergency user."""

    day: int
    at: str
    who: str


class _Exports(Struct, frozen=True):
    database: tuple[dict[str, Any], ...]
    changed: tuple[Changed, ...]
    vpn: tuple[Member, ...]
    opened: tuple[Opened, ...]


_EXPORTS = read("exports.yaml", _Exports)


def exports(calendar: Calendar) -> Iterator[tuple[str, str]]:
    """The files as they are at this night's audit, by path."""
    yield "dumps/orders.jsonl", "".join(f"{json.dumps(line)}\n" for line in _catalogue(calendar))
    yield "logs/orders.csv", _log(calendar)
    yield "dumps/vpn.csv", _members(calendar)
    yield "dumps/vault.json", json.dumps({"items": list(_uses(calendar))}, indent=1)
    yield "dumps/rota.ics", _rota(calendar)


def _catalogue(calendar: Calendar) -> Iterator[dict[str, Any]]:
    """The catalogue; a password for a task ended an hour after the last one that is over."""
    for line in _EXPORTS.database:
        if "rolvaliduntil" in line:
            times = [one.moment(calendar) for one in _EXPORTS.changed if one.who == line["rolname"]]
            last = max(filter(calendar.logged, times), default=calendar.begins)
            yield {**line, "rolvaliduntil": f"{last + _HOUR:%Y-%m-%dT%H:%M:%S+00:00}"}
        else:
            yield line


def _log(calendar: Calendar) -> str:
    """PostgreSQL's csvlog: the robots' connections of each day, and what people changed."""
    sessions = [(clock(day, at), who, "") for day in calendar.dates() for who, at in _ROBOTS.items()]
    sessions += [(one.moment(calendar) - _TYPED, one.who, one.statement) for one in _EXPORTS.changed]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for begins, who, statement in sorted(sessions):
        if calendar.logged(begins):
            connected = f"connection authorized: user={who} database=orders"
            writer.writerow(_line(who, begins, 1, begins, "authentication", connected))
            if statement:
                tag = statement.partition(" ")[0]
                writer.writerow(_line(who, begins, 2, begins + _TYPED, tag, f"statement: {statement}"))
    return out.getvalue()


def _line(who: str, begins: datetime, number: int, moment: datetime, tag: str, message: str) -> tuple[object, ...]:
    """A line of a session as version 16 writes it."""
    program, address = ("orders", "10.0.3.17") if who in _ROBOTS else ("psql", OFFICE)
    session = f"{int(begins.timestamp()):x}.{len(who):x}"
    before = (_stamp(moment), who, "orders", 4711, f"{address}:40122", session, number, tag, _stamp(begins), "3/41", 0)
    return (*before, "LOG", "00000", message, *[""] * 8, program, "client backend", "", 0)


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}.000 UTC"


def _members(calendar: Calendar) -> str:
    lines = (f"{_GROUP},{one.member}@harbour.example,{calendar.day(one.since)}\n" for one in _EXPORTS.vpn)
    return "group,email,since\n" + "".join(lines)


def _uses(calendar: Calendar) -> Iterator[dict[str, Any]]:
    """Item usages, as 1Password answers."""
    for one in _EXPORTS.opened:
        moment = clock(calendar.workday(one.day), one.at)
        if calendar.logged(moment):
            told = {"at": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "who": one.who, "name": one.who.title()}
            yield shaped("usage", id=event_id("opened", one.who, moment), item=ITEM, address=OFFICE, **told)


def _rota(calendar: Calendar) -> str:
    """Weeks in turn, each from Monday at nine."""
    sale = calendar.workday(_SALE)
    first = sale - sale.weekday() * DAY - 2 * _TURNS * WEEK
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{who}@rota.harbour.example\r\nDTSTAMP:{calendar.begins:%Y%m%dT%H%M%SZ}\r\n"
        f"DTSTART;TZID=Europe/Berlin:{first + turn * WEEK:%Y%m%d}T090000\r\n"
        f"DTEND;TZID=Europe/Berlin:{first + (turn + 1) * WEEK:%Y%m%d}T090000\r\n"
        f"RRULE:FREQ=WEEKLY;INTERVAL={len(_ON_DUTY)}\r\n"
        f"SUMMARY:On call: {who}@harbour.example\r\nEND:VEVENT\r\n"
        for turn, who in enumerate(_ON_DUTY)
    )
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Harbour Shop//Rota//EN\r\n"
    return f"{head}{events}END:VCALENDAR\r\n"
