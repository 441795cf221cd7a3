"""The lines of an incident review: changes of people, then of machines, then what failed and what was only seen."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from auditor.case.incident import Act, Incident
from auditor.model.findings import Evidence, pointer
from auditor.model.groups import grouped
from auditor.model.tables import Deployment
from auditor.model.vocabulary import SAFEGUARDS, ActorClass, Category
from reports.incident_links import Link, act_links, release_links
from reports.incident_reversal import NOTHING, Reversal, redeploy, reversal, taken_back
from reports.incident_values import Difference, Values, commits, differences
from reports.incident_words import actor, by_machine, command, deployer, did, release, target, ticket, uncovered
from reports.words import listing, plural

_MOST_FOLDED = 60
"""Of what changed nothing so many lines are listed, each of which may stand for many acts."""


class Part(StrEnum):
    """The parts of a review, in the order in which they are told."""

    PEOPLE = "people"
    MACHINES = "machines"
    REFUSED = "refused"
    SEEN = "seen"
    NOTED = "noted"
    SAID = "said"

    @property
    def heading(self) -> str:
        """What stands above it."""
        return _TITLES[self]


_TITLES = {
    Part.PEOPLE: "Changes by people and their agents",
    Part.MACHINES: "Changes by machines, and deployments",
    Part.REFUSED: "Failed or denied",
    Part.SEEN: "Sessions and reads",
    Part.NOTED: "Alerts, annotations, issues and releases of monitoring",
    Part.SAID: "Comments on tickets",
}


class Line(Struct, frozen=True, kw_only=True):
    """One line of the review.

    Args:
        part: which part of the review it stands in.
        at: when, or when the first of a flood was; `until` is the end of it, or when the last was.
        kind: change, refused (failures and denials), emergency, release, session, secret, read, signal or
            comment.
        count: how many alike acts it stands for.
        changed: what was set, with the value before where the log has it.
        ticket: under which ticket, or that there is none.
        reversal: whether and how it can be taken back; `again` where the line before says the same of the same thing.
        elsewhere: no system claims what it was done to.
        uncovered: a ticket should have allowed it, and none did.
        unknown: nobody knows whose the account is.
        links: where a reader can look.
    """

    part: Part
    at: datetime
    until: datetime
    kind: str
    who: str
    note: str = ""
    did: str
    what: str
    target: str
    count: int = 1
    changed: tuple[Difference, ...] = ()
    ticket: str = ""
    reversal: Reversal = NOTHING
    again: bool = False
    elsewhere: bool = False
    uncovered: bool = False
    unknown: bool = False
    links: tuple[Link, ...] = ()
    evidence: Evidence

    @property
    def ticket_url(self) -> str | None:
        """Where people read the ticket that it lies in or near."""
        return next((one.url for one in self.links if one.label and one.label in self.ticket), None)

    @property
    def addresses(self) -> tuple[str, ...]:
        """What a terminal prints of its links: tickets stand in a list there, and consoles in the page alone."""
        return tuple(one.url for one in self.links) if self.kind in ("release", "signal") else ()

    @property
    def values(self) -> tuple[str, ...]:
        """`desiredCount 4 → 40`."""
        return tuple(one.text() for one in self.changed)


class Lines(Struct, frozen=True):
    """What is listed, part by part, and how many acts of each kind are not."""

    listed: tuple[Line, ...]
    left: Counter[str]

    @property
    def more(self) -> str:
        """What is not listed, and what to do about it."""
        if not self.left:
            return ""
        told = listing(plural(n, *_CALLED[kind]) for kind, n in self.left.items())
        return f"Not listed: {told}. Choose a shorter time to see them."


_CALLED = {
    "emergency": ("act of emergency access", "acts of emergency access"),
    "secret": ("secret read", "secrets read"),
    "refused": ("refusal", "refusals"),
    "session": ("login", "logins"),
    "read": ("look", "looks"),
}
_ORDER = tuple(_CALLED)
"""What changed nothing: the last of these is left out first."""


def _first(line: Line) -> int:
    """Emergency access and secrets stand before sessions and looks, which are told together as time went."""
    return min(_ORDER.index(line.kind), _ORDER.index("session"))


def lines(review: Incident, values: Values) -> Lines:
    """The lines of what happened; whatever changed something is never left out, and the rest is folded by kind."""
    alike = grouped((act.key, act) for act in review.acts if act.changes)
    changes = [act for act in review.acts if _kept(act)]
    back = {key: list(taken_back(some, values)) for key, some in alike.items()}
    told = [_line(review, act, back.get(act.key, ()), values) for act in changes]
    told += [_release_line(review, row) for row in review.deployments]
    folded = [_line(review, act, (), values) for act in _folded(review, (a for a in review.acts if not _kept(a)))]
    folded.sort(key=lambda line: (_ORDER.index(line.kind), line.at))
    left: Counter[str] = Counter()
    for line in folded[_MOST_FOLDED:]:
        left[line.kind] += line.count
    parts = list(Part)
    told.sort(key=lambda line: (parts.index(line.part), line.at))
    rest = sorted(folded[:_MOST_FOLDED], key=lambda line: (parts.index(line.part), _first(line), line.at))
    return Lines((*said_once(told), *rest), left)


def said_once(told: Sequence[Line]) -> Iterator[Line]:
    """The lines, those marked that are reversed as the one before them is."""
    before = None
    for line in told:
        way = (line.part, line.target, line.reversal.text)
        yield replace(line, again=way == before)
        before = way


def _kept(act: Act) -> bool:
    """Whether it stands on a line of its own, come what may."""
    rights = act.told.category in SAFEGUARDS and act.told.outcome == "ok"
    return act.changes or rights


def _folded(review: Incident, acts: Iterable[Act]) -> Iterator[Act]:
    """Alike acts of one actor as one; of sign-ins, those from one address."""
    alike: dict[object, list[Act]] = {}
    for act in acts:
        place = (target(act), ticket(review, act)) if act.told.category == Category.LOGIN else ()
        alike.setdefault((actor(review, act), _kind(act), did(act), command(act), place), []).append(act)
    for some in alike.values():
        resources = tuple(dict.fromkeys(name for act in some for name in act.resources))
        count, until = sum(act.count for act in some), max(act.until for act in some)
        yield replace(some[0], count=count, until=until, resources=resources)


def _line(review: Incident, act: Act, back: Sequence[tuple[Act, Act]], values: Values) -> Line:
    told = act.told
    name, note = actor(review, act)
    kind = _kind(act)
    return Line(
        part=_part(act, kind),
        at=told.time,
        until=act.until,
        kind=kind,
        who=name,
        note=note,
        did=did(act),
        what=command(act),
        target=target(act),
        count=act.count,
        changed=differences(act, values) if act.changes else (),
        ticket=ticket(review, act),
        reversal=reversal(review, act, back, values),
        elsewhere=told.system is None and told.category != Category.LOGIN,
        uncovered=uncovered(review, act),
        unknown=told.actor_class is ActorClass.UNKNOWN and told.person is None and told.outcome == "ok",
        links=act_links(review, act),
        evidence=told.evidence,
    )


def _part(act: Act, kind: str) -> Part:
    if _kept(act):
        return Part.MACHINES if by_machine(act) else Part.PEOPLE
    return Part.REFUSED if kind == "refused" else Part.SEEN


def _kind(act: Act) -> str:
    if act.told.outcome != "ok":
        return "refused"
    if act.told.actor_class in (ActorClass.ROOT, ActorClass.BREAK_GLASS):
        return "emergency"
    if act.told.category == Category.LOGIN:
        return "session"
    if _kept(act):
        return "change"
    # A robot's own secrets are what it runs on.
    return "secret" if act.reveals and not by_machine(act) else "read"


def _release_line(review: Incident, row: Deployment) -> Line:
    good = row.status == "success"
    return Line(
        part=Part.MACHINES,
        at=row.time,
        until=row.finished_at or row.time,
        kind="release",
        who=deployer(review, row),
        did="deployed" if good else f"deployed ({row.status or 'outcome not known'})",
        what=release(review, row),
        target=row.system_hint or "",
        changed=commits(review, row) if good else (),
        reversal=redeploy(review, row) if good else NOTHING,
        links=release_links(row),
        evidence=pointer(row),
    )
