"""Rotas to stretches of duty: an iCalendar feed, a file of one, or what PagerDuty's API answers to who is on call."""

import importlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from auditor.config.sources.duty import OnCall
from auditor.errors import SourceError
from auditor.model.tables import Duty
from collectors.answers import paged, secret, shown, single
from collectors.base import Batch, Normalised, Raw, Snapshot, answer, missing
from collectors.duty.calendar import entries, events
from collectors.files import named_file
from collectors.reading import Origin, Reading
from collectors.record import Record
from collectors.redact import LONGEST_TEXT, redact
from collectors.web import Server

_PAGE, _MOST_PAGES = 100, 100
_LONGEST = timedelta(seconds=20)
_SCOPE = "oncalls.read"
_DOING = "asking who is on call"


class OnCallCollector(Snapshot[OnCall], frozen=True):
    """A rota, 75 days back and 14 ahead."""

    PERMISSIONS = (f"scope:{_SCOPE}",)
    READS = (
        "Who is on duty when: the entries of any iCalendar feed, with what recurs, its exceptions and time zones, or "
        "the on-calls of PagerDuty's schedules, with a key that only reads. Whom an entry is about say those invited, "
        "else its title, else who made it."
    )

    def raws(self) -> Iterator[Raw]:
        """The calendar, or PagerDuty's pages; raises SourceError where they cannot be had."""
        source = self.source
        if not source.token_env:
            importlib.import_module("recurring_ical_events")  # said at once, where it is not installed
        if source.path:
            yield replace(named_file(source.name, source.path, self.context), original=True)
        elif source.token_env:
            pages = self._pages(secret(source.name, source.token_env))
            yield from paged("pagerduty:oncalls", "oncalls", pages, refused=_refused)
        else:
            address = secret(source.name, source.url_env) if source.url_env else str(source.url)
            calendar = Server.of("The calendar", address.replace("webcal://", "https://", 1))
            calendar = replace(calendar, hidden=bool(source.url_env))
            yield answer(f"calendar:{source.name}", calendar.get("", {}, "reading it").content)

    def normalise(self, batch: Batch) -> Normalised:
        """A row for each stretch and system, and a line of coverage."""
        reading = Reading(self.source.name, self.context)
        for raw in batch:
            origin = reading.read(raw, lambda origin: reading.extend(self._rows(origin)))
            reading.cover(raw.origin, origin.problems, window=(self._stretch[0], self.context.collected_at))
        return reading.normalised()

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The event or answer that a row points at, as people can read it."""
        if data.lstrip()[:1] == b"{":
            return shown(listed_in(data)[record])
        return redact(events(data)[record], LONGEST_TEXT)

    @property
    def _stretch(self) -> tuple[datetime, datetime]:
        now = self.context.collected_at
        return now - Duty.BACK, now + Duty.AHEAD

    def _pages(self, key: str) -> Iterator[bytes]:
        """PagerDuty's on-calls; it gives 90 days at once, and 10,000 of them."""
        server = Server.of("PagerDuty", self.source.api, token=key, before="Token token=")
        since, until = self._stretch
        server.session.headers["Accept"] = "application/vnd.pagerduty+json;version=2"
        asked = {"schedule_ids[]": sorted(self.source.schedules), "include[]": "users", "limit": _PAGE}
        asked |= {"since": since.isoformat(), "until": until.isoformat()}

        def ask(offset: int | None) -> tuple[bytes, int | None]:
            page = server.get("/oncalls", {**asked, "offset": offset or 0}, _DOING).content
            with suppress(ValueError):  # said where it is read
                return page, (offset or 0) + _PAGE if single(page).get("more") else None
            return page, None

        return server.turned(ask, _DOING, _MOST_PAGES)

    def _rows(self, origin: Origin) -> Iterator[Duty]:
        if origin.raw.part == "oncalls":
            yield from self._on_calls(origin)
            return
        longest = min(_LONGEST, self.source.timeout / 10)
        found = entries(origin.data, self._stretch, ZoneInfo(self.context.zone), origin.problems, longest)
        for one in found:
            for system in self.source.systems:
                yield Duty(
                    **origin.at(one.record),
                    system=system,
                    schedule=self.source.name,
                    starts_at=one.starts_at,
                    ends_at=one.ends_at,
                    names=one.names,
                    title=one.title,
                    organiser=one.organiser,
                )

    def _on_calls(self, origin: Origin) -> Iterator[Duty]:
        """An on-call without a beginning or an end lasts as long as is looked at."""
        seen: set[tuple[Any, ...]] = set()
        for number, value in enumerate(listed_in(origin.data)):
            one = Record(value, origin.problems)
            try:
                schedule = one.text("schedule", "id")
                name = one.text("user", "email") or one.text("user", "summary")
                begins = one.time("start") or self._stretch[0]
                ends = one.time("end") or self._stretch[1]
            except ValueError as error:
                origin.problems.reject(f"an on-call cannot be read: {error}", f"record {number + 1}")
                continue
            title = one.text("schedule", "summary") or schedule
            key = (schedule, name, begins, ends)
            if key in seen or one.unread:
                continue
            seen.add(key)
            for system in self.source.schedules.get(schedule, ()):
                at = origin.at(number)
                yield Duty(**at, system=system, schedule=title, starts_at=begins, ends_at=ends, names=(name,))


def _refused(error: SourceError, name: str, number: int) -> Raw:
    needs = f"; it takes a key that reads, or the scope {_SCOPE}" if number <= _MOST_PAGES else ""
    return missing(name, f"{error.why}{needs}")


def listed_in(data: bytes) -> list[Any]:
    """The on-calls of an answer; raises ValueError where it holds none."""
    found = single(data).get("oncalls")
    if not isinstance(found, list):
        raise ValueError("it holds no oncalls")  # noqa: TRY004 - an answer, not a call
    return found
