"""What an incident review shows: minute by minute who did what under which ticket, for terminal, page and PDF."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from auditor.case.incident import Act, Incident
from auditor.config.models import Config
from auditor.config.systems import System
from auditor.model.agents import AgentWork
from auditor.model.findings import Evidence, pointer
from auditor.model.tables import Deployment, Ticket
from auditor.model.vocabulary import SAFEGUARDS, ActorClass, Category
from reports.incident_agents import agents_at_work
from reports.incident_beside import Allowing, gaps, headline, tickets
from reports.incident_words import (
    ROTATE,
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
from reports.who import Holder, Who, who_view
from reports.words import listing, person, plural

_MOST_LINES = 400
_KEPT = ""
_LEFT_OUT = (_KEPT, "secret read", "refusal", "login", "look")
"""The last of these are left out first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the review.

    Args:
        at: when, or when the first of a flood was; `until` is the end of it, or when the last was.
        kind: change, refused (failures and denials), emergency, release, session or read.
        count: how many alike acts it stands for.
        values: what was set, with the value before where the log has it.
        ticket: under which ticket, or that there is none.
        elsewhere: no system claims what it was done to.
        uncovered: a ticket should have allowed it, and none did.
    """

    at: datetime
    until: datetime
    kind: str
    who: str
    note: str = ""
    did: str
    what: str
    target: str
    count: int = 1
    values: tuple[str, ...] = ()
    ticket: str = ""
    reverse: str = ""
    elsewhere: bool = False
    uncovered: bool = False
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who acted, and how much."""

    name: str
    note: str
    at: datetime
    until: datetime
    sessions: int
    changes: int
    refused: int
    tickets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Everything that an incident review prints; `others` could have changed the system and did not."""

    config: Config
    system: System
    from_: datetime
    to: datetime
    headline: str
    lines: tuple[Line, ...]
    more: str
    actors: tuple[Actor, ...]
    agents: tuple[AgentWork, ...]
    tickets: tuple[Allowing, ...]
    who: Who
    others: tuple[Holder, ...]
    gaps: tuple[str, ...]
    asked_by: Ticket | None = None

    @property
    def reversals(self) -> list[Line]:
        """What can be reversed."""
        return [line for line in self.lines if line.reverse]

    @property
    def dated(self) -> bool:
        """Whether it goes over several days, so that a time alone does not tell when."""
        zone = self.config.zone
        return self.from_.astimezone(zone).date() != self.to.astimezone(zone).date()

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


def review_view(review: Incident, values: Values, ticket: Ticket | None = None, unknown: Sequence[str] = ()) -> Review:
    """The view of what was resolved.

    Args:
        review: what happened.
        values: what changes set, by the place of their records.
        ticket: the one that it was asked for by.
        unknown: systems that it names and nobody knows.
    """
    happened, left = _listed(review)
    more = "More happened than is listed: choose a shorter time." if review.cut else ""
    if left:
        more = f"Not listed: {listing(plural(n, word) for word, n in left.items())}. Choose a shorter time to see them."
    who = who_view(review.then, review.system)
    acted = {actor(review, act)[0] for act in review.acts if act.changes and act.told.system == review.system.id}
    return Review(
        config=review.config,
        system=review.system,
        from_=review.from_,
        to=review.to,
        headline=headline(review, sum(left.values())),
        lines=tuple(_lines(review, happened, values)),
        more=more,
        actors=tuple(_actors(review)),
        agents=agents_at_work(review),
        tickets=tuple(tickets(review)),
        who=who,
        others=tuple(holder for holder in who.holders if holder.changes and holder.name not in acted),
        gaps=(*(_unknown(ticket, unknown) if ticket else ()), *gaps(review)),
        asked_by=ticket,
    )


def _unknown(ticket: Ticket, unknown: Sequence[str]) -> Iterator[str]:
    for name in unknown:
        yield f"{ticket.ticket} also names {name}, which auditor.yaml does not know: nothing of it is told here."


def _listed(review: Incident) -> tuple[list[Act | Deployment], dict[str, int]]:
    """What is listed, earliest first, and how much of what is not: whatever changed something is never left out."""
    happened: list[Act | Deployment] = [*review.acts, *review.deployments]
    happened.sort(key=lambda one: (_LEFT_OUT.index(_called(one)), _begins(one)))
    kept = max(_MOST_LINES, sum(_called(one) == _KEPT for one in happened))
    left = Counter(map(_called, happened[kept:]))
    return sorted(happened[:kept], key=_begins), dict(left)


def _called(one: Act | Deployment) -> str:
    """What it is called where it may be left out."""
    if isinstance(one, Deployment) or one.changes or one.told.category in SAFEGUARDS:
        return _KEPT
    if one.reveals:
        return "secret read"
    return {"refused": "refusal", "session": "login", "read": "look"}.get(_kind(one), _KEPT)


def _begins(one: Act | Deployment) -> datetime:
    return one.told.time if isinstance(one, Act) else one.time


def _lines(review: Incident, happened: Iterable[Act | Deployment], values: Values) -> Iterator[Line]:
    alike: dict[object, list[Act]] = defaultdict(list)
    for act in review.acts:
        if act.changes:
            alike[act.key].append(act)
    for one in happened:
        yield _line(review, one, alike[one.key], values) if isinstance(one, Act) else _release_line(review, one)


def _line(review: Incident, act: Act, alike: Sequence[Act], values: Values) -> Line:
    told = act.told
    name, note = actor(review, act)
    return Line(
        at=told.time,
        until=act.until,
        kind=_kind(act),
        who=name,
        note=note,
        did=did(act),
        what=command(act),
        target=target(act),
        count=act.count,
        values=tuple(one.text() for one in differences(act, values)) if act.changes else (),
        ticket=ticket(review, act),
        reverse=reversal(review, act, alike, values) if act.changes else ROTATE if act.reveals else "",
        elsewhere=told.system is None and told.category != Category.LOGIN,
        uncovered=uncovered(review, act),
        evidence=told.evidence,
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
    roster = review.then.people.roster_id(row.actor) if row.actor else None
    return Line(
        at=row.time,
        until=row.finished_at or row.time,
        kind="release",
        who=person(roster or row.actor or "somebody", review.config),
        did="deployed" if good else f"deployed ({row.status or 'outcome not known'})",
        what=release(row),
        target=row.system_hint or "",
        reverse=redeploy(review, row) if good else "",
        evidence=pointer(row),
    )


def _actors(review: Incident) -> Iterator[Actor]:
    """Everybody who acted, those with changes first."""
    by_name: dict[tuple[str, str], list[Act]] = {}
    for act in review.acts:
        by_name.setdefault(actor(review, act), []).append(act)
    in_order = sorted(by_name.items(), key=lambda item: (-sum(a.count for a in item[1] if a.changes), item[0]))
    for (name, note), acts in in_order:
        logins = [a for a in acts if a.told.category == Category.LOGIN and a.told.outcome == "ok"]
        yield Actor(
            name=name,
            note=note,
            at=min(act.told.time for act in acts),
            until=max(act.until for act in acts),
            sessions=sum(not act.told.action.endswith(":logout") for act in logins),
            changes=sum(act.count for act in acts if act.changes),
            refused=sum(act.count for act in acts if act.told.outcome != "ok"),
            tickets=tuple(dict.fromkeys(window.ticket for act in acts if (window := act.placement.inside))),
        )
