"""Requests to an access broker as its own records tell them, as tickets.

Nothing is given while a request waits, so that it is no ticket yet; one of which nothing came is a ticket that was
dropped. The time of one that gives access is what the broker gave, not what was wished for.
"""

import json
import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, TypeVar

from msgspec.structs import replace

from auditor.config.sources.brokers import BrokerSource
from auditor.model.details import details
from auditor.model.tables import Ticket
from auditor.model.vocabulary import Level, TicketKind
from collectors.answers import listed, shown
from collectors.base import Batch, Normalised, Raw, Snapshot, missing
from collectors.envelopes import CUT, goes_on
from collectors.files import unpacked
from collectors.json_values import Broken
from collectors.log_files import walk
from collectors.problems import Problems
from collectors.reading import Origin, Reading, Stamp
from collectors.record import Record
from collectors.redact import without_secrets
from collectors.tickets.ids import TICKET

B = TypeVar("B", bound=BrokerSource)
# Roles that say by their last word that they only read: ReadOnlyAccess, roles/logging.viewer.
_READS = re.compile(r"(?:^|[^a-z])(?:aws)?(?:(?:read|view)[-_]?only|viewer|reader|auditor)(?:access)?$", re.IGNORECASE)
_LEVELS = tuple(level.value for level in Level)
_AGAIN = timedelta(days=1)
"""Who asks for the same so soon after the end asks for more time; a policy's pause may be shorter, and breaks it."""


class BrokerCollector(Snapshot[B], frozen=True):
    """The requests of one broker, each told by one record of an answer or file."""

    BROKER: ClassVar[str]

    @staticmethod
    @abstractmethod
    def records(data: bytes) -> list[Any]:
        """The records of an answer or file; raises ValueError where there are none to be read."""

    @abstractmethod
    def ticket(self, one: Record, at: Stamp) -> Ticket | None:
        """A record as a ticket; None where it waits for an answer. Raises ValueError where it cannot be read."""

    def files(self, path: str) -> Iterator[Raw]:
        """A file, or every file of a folder; kept, for the broker may forget what it holds.

        Raises:
            SourceError: there is nothing at the path, or it cannot be read.
        """
        raws = list(walk(self.source.name, path, self.context))
        yield from (raw if raw.skipped or raw.missing else replace(raw, original=True) for raw in raws)
        if all(raw.skipped for raw in raws):
            yield missing(path, "it holds no requests: nothing can be said about what was asked for")

    def normalise(self, batch: Batch) -> Normalised:
        """One row a request that was answered, and a line of coverage."""
        reading, problems, remarks = Reading(self.source.name, self.context), Problems(), Problems()
        found: dict[str, Ticket] = {}
        more: list[bool] = []
        for raw in batch:
            problems.include(reading.read(raw, partial(self._take, found=found, remarks=remarks, more=more)).problems)
        if cut := bool(more) and all(more):
            problems.note(CUT)
        reading.extend(without_secrets(row) for row in _extended(found.values()))
        first = min((row.opened_at for row in found.values() if row.opened_at), default=None)
        scope = getattr(self.source, "path", None) or self.place
        window, lost = (first, self.context.collected_at), cut or (bool(problems) and not (found or remarks))
        reading.cover(scope, problems, len(found), window=window, failed=lost, remark=remarks.sentence())
        return reading.normalised()

    @property
    def place(self) -> str:
        """What coverage calls what is read live."""
        return self.BROKER

    @classmethod
    def quote(cls, data: bytes, record: int) -> str:
        """The record that a row points at, as people can read it."""
        return shown(cls.records(unpacked(data)[0])[record])

    def _take(self, origin: Origin, found: dict[str, Ticket], remarks: Problems, more: list[bool]) -> None:
        content = origin.content()
        more.append(_has_more(content))
        for number, value in enumerate(self.records(content)):
            try:
                row = self.ticket(Record(value, origin.problems), origin.at(number))
            except (ValueError, OverflowError) as error:
                origin.problems.reject(f"a request cannot be read: {error}", f"record {number + 1}")
                continue
            if row is None:
                remarks.note("a request waits for an answer")
            else:
                found[row.ticket] = row

    def row(
        self, at: Stamp, id_: str, person: str, roles: Iterable[str], places: Iterable[str], dropped: str, **told: Any
    ) -> Ticket:
        """A ticket of what a record says.

        Args:
            at: the columns that say where it stands.
            id_: its id at the broker.
            person: who asked, and for whom it is.
            roles: what was asked for, in the broker's own names.
            places: where: `provider:scope`, or names of the broker's own.
            dropped: why nothing was given; empty where something was.
            told: further columns; a ticket of the team's own that `reason` names is where the work is written up.
        """
        named = TICKET.search(told["reason"])
        notes = [dropped] if dropped else [told.get("closeout"), named and f"See {named[0]}."]
        roles, places = tuple(filter(None, roles)), tuple(filter(None, places))
        if dropped:
            given = ("starts_at", "ends_at", "approver", "approved_at", "approval", "removal_confirmed")
            closed_at = told["closed_at"] or self.context.collected_at
            told |= {**dict.fromkeys(given), "closed_at": closed_at, "unread": ()}
        told |= {"reason": told["reason"] or None, "closeout": " ".join(filter(None, notes)) or None}
        return Ticket(
            **at,
            ticket=f"{self.BROKER} {id_}",
            kind=TicketKind.ACCESS,
            title=f"{', '.join(roles)} on {', '.join(places)}",
            requester=person or None,
            person=person or None,
            systems=_systems(self.source, roles, places),
            level=_level(self.source, roles),
            broker=self.BROKER,
            **told,
        )


def _systems(source: BrokerSource, roles: tuple[str, ...], places: tuple[str, ...]) -> tuple[str, ...]:
    """What it is for: as auditor.yaml says of its role or place, else the places as they are."""
    bare = (place.partition(":")[2] for place in places)
    told = [name for name in (*roles, *places, *bare) if name in source.systems]
    found = tuple(dict.fromkeys(system for name in told for system in source.systems[name]))
    return found or ((f"elsewhere:{told[0]}",) if told else places)


def _level(source: BrokerSource, roles: tuple[str, ...]) -> str | None:
    """How far the furthest of its roles goes; None where one does not say it."""
    told = [source.levels.get(role) or ("read" if _READS.search(role) else None) for role in roles]
    known = [level for level in told if level]
    return max(known, key=_LEVELS.index) if known and len(known) == len(told) else None


def _extended(rows: Iterable[Ticket]) -> Iterator[Ticket]:
    """Tickets; one that follows on another of the same person for the same extends it."""
    known = [(row, row.starts_at, ends) for row in rows if row.starts_at and (ends := row.closed_at or row.ends_at)]
    known.sort(key=lambda one: (one[0].person or "", one[0].title or "", one[1], one[0].ticket))
    extends = {
        later.ticket: earlier.ticket
        for (earlier, _, ended), (later, begins, _) in pairwise(known)
        if (earlier.person, earlier.title) == (later.person, later.title) and begins <= ended + _AGAIN
    }
    yield from (replace(row, extends=extends.get(row.ticket)) for row in rows)


def joined(names: Iterable[str]) -> str | None:
    """Several names as one column has them."""
    return ", ".join(dict.fromkeys(filter(None, names))) or None


def recorded(data: bytes, *names: str) -> list[Any]:
    """The records of an answer, of its list of one of these names, or of lines of JSON.

    Raises:
        ValueError: nothing in it is JSON.
    """
    text = text_of(data)
    try:
        return listed(text, *names)
    except json.JSONDecodeError:
        found = [_line(line) for line in text.splitlines() if line.strip()]
        if not any(isinstance(one, dict) for one in found):
            raise
        return found


def _line(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return Broken("it is not valid JSON")


def _has_more(content: bytes) -> bool:
    """Whether a page says that another follows it."""
    answer = details(text_of(content))
    return goes_on(answer) or bool(answer.get("LastEvaluatedKey"))


def text_of(data: bytes) -> str:
    """A file as text, whatever its names hold."""
    return data.decode("utf-8-sig", "replace")
