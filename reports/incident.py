"""The view of an incident review: minute by minute, in words, for terminal, page and PDF."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from zoneinfo import ZoneInfo

from auditor.case.incident import Act, Incident
from auditor.config.models import Config
from auditor.model.tables import Deployment
from auditor.model.vocabulary import ActorClass, Category
from reports.incident_beside import gaps, headline, tickets
from reports.incident_words import (
    Values,
    actor,
    command,
    did,
    differences,
    redeploy,
    release,
    reversal,
    target,
    ticket,
    uncovered,
)
from reports.who import Who, WhoRow, rows_of, who_view
from reports.words import day, listing, plural, shown, stretch

_MOST_LINES = 400
_MARKS = {"change": "●", "refused": "○", "emergency": "◆", "release": "▲", "session": "·", "read": "·"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the review.

    Args:
        day: the day that it begins, at the first line of a day; empty at the others.
        clock: when, in the organisation's zone; of a flood, from when to when.
        iso: the same for machines, UTC.
        kind: change, refused (failures and denials), emergency, release, session or read.
        count: how many alike acts it stands for, where it is more than one: `4,000 times`.
        values: what was set, with the value before where the log has it.
        ticket: under which ticket, or that there is none.
        elsewhere: no system claims what it was done to.
        uncovered: a ticket should have allowed it, and none did.
        evidence: source, origin and number of its record; `cited` has the origin's last part only.
    """

    day: str
    clock: str
    iso: str
    kind: str
    mark: str
    who: str
    note: str
    did: str
    what: str
    target: str
    count: str
    values: tuple[str, ...]
    ticket: str
    reverse: str
    elsewhere: bool
    uncovered: bool
    evidence: str
    cited: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who acted, and how much."""

    name: str
    note: str
    span: str
    sessions: str
    changes: str
    refused: str
    tickets: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Everything that an incident review prints; `others` could have changed the system and did not."""

    config: Config
    organisation: str
    id: str
    system: str
    from_: datetime
    to: datetime
    span: str
    zone: str
    headline: str
    lines: tuple[Line, ...]
    more: str
    actors: tuple[Actor, ...]
    reversals: tuple[Line, ...]
    tickets: tuple[tuple[str, str, str], ...]
    who: Who
    others: tuple[WhoRow, ...]
    gaps: tuple[str, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Everything that is not known, of what happened and of who could act."""
        return tuple(dict.fromkeys((*self.gaps, *self.who.not_known)))

    @property
    def incomplete(self) -> str:
        """A sentence where something could not be seen of what happened."""
        if not self.gaps:
            return ""
        missing = plural(len(self.gaps), "thing")
        return f"This review is not complete: {missing} could not be seen, listed at its end. More may have happened."


def review_view(review: Incident, values: Values) -> Review:
    """The view of what was resolved; `values` are what changes set, by the place of their records."""
    zone = review.config.zone
    happened = len(review.acts) + len(review.deployments)
    lines = _with_days(islice(_lines(review, values), _MOST_LINES), zone)
    who = who_view(review.then, review.system)
    return Review(
        config=review.config,
        organisation=shown(review.config.organisation),
        id=review.system.id,
        system=shown(review.system.name),
        from_=review.from_,
        to=review.to,
        span=stretch(review.from_, review.to, zone),
        zone=shown(review.config.timezone),
        headline=headline(review),
        lines=lines,
        more=_more(happened - len(lines), cut=review.cut),
        actors=tuple(_actors(review)),
        reversals=tuple(_dated(line, review) for line in lines if line.reverse),
        tickets=tuple(tickets(review)),
        who=who,
        others=tuple(_others(who, review)),
        gaps=tuple(gaps(review)),
    )


def _lines(review: Incident, values: Values) -> Iterator[Line]:
    """A line for each act and release, earliest first."""
    happened: list[tuple[datetime, Act | Deployment]] = [(act.told.time, act) for act in review.acts]
    happened += [(row.time, row) for row in review.deployments]
    alike: dict[object, list[Act]] = defaultdict(list)
    for act in review.acts:
        if act.changes:
            alike[act.key].append(act)
    for _, one in sorted(happened, key=itemgetter(0)):
        yield _line(review, one, alike[one.key], values) if isinstance(one, Act) else _release_line(review, one)


def _line(review: Incident, act: Act, alike: Sequence[Act], values: Values) -> Line:
    told, zone = act.told, review.config.zone
    name, note = actor(review, act)
    kind = _kind(act)
    return Line(
        day="",
        clock=_clock(told.time, act.until, zone),
        iso=told.time.isoformat(),
        kind=kind,
        mark=_MARKS[kind],
        who=name,
        note=note,
        did=did(act),
        what=command(act),
        target=target(act),
        count=f"{act.count:,} times" if act.count > 1 else "",
        values=tuple(one.text() for one in differences(act, values)) if act.changes else (),
        ticket=ticket(review, act),
        reverse=reversal(review, act, alike, values) if act.changes else "",
        elsewhere=told.system is None and told.category != Category.LOGIN,
        uncovered=uncovered(review, act),
        evidence=_cited(told.evidence.source, told.evidence.origin, told.evidence.record),
        cited=_cited(told.evidence.source, _last(told.evidence.origin), told.evidence.record),
    )


def _kind(act: Act) -> str:
    if act.told.outcome != "ok":
        return "refused"
    if act.told.actor_class in (ActorClass.ROOT, ActorClass.BREAK_GLASS):
        return "emergency"
    if act.told.category == Category.LOGIN:
        return "session"
    return "change" if act.changes else "read"


def _release_line(review: Incident, row: Deployment) -> Line:
    good = row.status == "success"
    person = review.then.people.roster_id(row.actor) if row.actor else None
    known = review.config.people_by_id.get(person or "")
    return Line(
        day="",
        clock=_clock(row.time, row.finished_at or row.time, review.config.zone),
        iso=row.time.isoformat(),
        kind="release",
        mark=_MARKS["release"],
        who=shown(known.name if known else row.actor or "somebody"),
        note="",
        did="deployed" if good else f"deployed ({shown(row.status or 'outcome not known')})",
        what=release(row),
        target=shown(row.system_hint),
        count="",
        values=(),
        ticket="",
        reverse=redeploy(review, row) if good else "",
        elsewhere=False,
        uncovered=False,
        evidence=_cited(row.source, row.origin, row.record),
        cited=_cited(row.source, _last(row.origin), row.record),
    )


def _cited(source: str, origin: str, record: int) -> str:
    return shown(f"{source}: {origin}#{record}")


def _last(origin: str) -> str:
    return origin.rstrip("/").rsplit("/", 1)[-1]


def _clock(first: datetime, last: datetime, zone: ZoneInfo) -> str:
    begins, ends = first.astimezone(zone), last.astimezone(zone)
    text = f"{begins:%H:%M:%S}"
    return f"{text}-{ends:%H:%M:%S}" if (last - first).total_seconds() >= 1 else text


def _dated(line: Line, review: Incident) -> Line:
    """The line with its day in front of its time, where there are several days."""
    zone = review.config.zone
    if review.from_.astimezone(zone).date() == review.to.astimezone(zone).date():
        return line
    moment = datetime.fromisoformat(line.iso).astimezone(zone)
    return replace(line, clock=f"{moment.day} {moment:%b} {line.clock}")


def _with_days(lines: Iterable[Line], zone: ZoneInfo) -> tuple[Line, ...]:
    dated = [(day(datetime.fromisoformat(line.iso), zone), line) for line in lines]
    return tuple(
        replace(line, day="" if number else date)
        for date, group in groupby(dated, key=lambda item: item[0])
        for number, (_, line) in enumerate(group)
    )


def _more(left: int, *, cut: bool) -> str:
    if cut:
        return "More happened than is listed: choose a shorter time."
    return f"And {plural(left, 'more line')}: choose a shorter time." if left > 0 else ""


def _actors(review: Incident) -> Iterator[Actor]:
    """Everybody who acted, those with changes first."""
    by_name: dict[tuple[str, str], list[Act]] = {}
    for act in review.acts:
        by_name.setdefault(actor(review, act), []).append(act)
    in_order = sorted(by_name.items(), key=lambda item: (-sum(a.count for a in item[1] if a.changes), item[0]))
    for (name, note), acts in in_order:
        logins = [a for a in acts if a.told.category == Category.LOGIN and a.told.outcome == "ok"]
        under = dict.fromkeys(shown(window.ticket) for act in acts if (window := act.placement.inside))
        first, last = min(act.told.time for act in acts), max(act.until for act in acts)
        yield Actor(
            name=name,
            note=note,
            span=_clock(first, last, review.config.zone),
            sessions=f"{sum(not a.told.action.endswith(':logout') for a in logins):,}",
            changes=f"{sum(act.count for act in acts if act.changes):,}",
            refused=f"{sum(act.count for act in acts if act.told.outcome != 'ok'):,}",
            tickets=listing(under),
        )


def _others(who: Who, review: Incident) -> Iterator[WhoRow]:
    """Every way in of those who could have changed the system and are not on record for it."""
    acted = {actor(review, act)[0] for act in review.acts if act.changes and act.told.system == review.system.id}
    holder = ""
    for row in rows_of(who, changes=True):
        holder = row.holder or holder
        if holder not in acted:
            yield row
