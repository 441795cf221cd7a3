"""Would it hold tonight: drills, reviews, logs for whoever is on duty, and somebody who answers for it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from auditor.case.case import Case
from auditor.config.durations import parse_duration
from auditor.config.models import System
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Outcome, pointer
from auditor.model.subjects import SubjectKind
from auditor.model.tables import Ticket
from auditor.model.vocabulary import Capability, Severity, TicketKind
from auditor.providers.systems import reaches
from auditor.rules.asks import PREPARE
from auditor.rules.base import Rule, rule
from auditor.rules.causes import RIGHTS, has_left
from auditor.rules.controls import controls
from auditor.rules.facts import stamp
from auditor.rules.words import length, listing, moment

_LENGTH = r"(?:\d+(?:\.\d+)?\s*[smhd][a-z]*\s*)"
_DRILL = re.compile(
    rf"rollback of (?P<what>code|config)\w*\s*:\s*done in\s*(?P<took>{_LENGTH}+)"
    rf"(?:\(\s*target\s*(?P<target>{_LENGTH}+)\))?",
    re.IGNORECASE,
)
_PATHS = ("code", "config")


@rule(
    "readiness/rollback-drill",
    heading="Rollback not practised",
    judges=SubjectKind.SYSTEM,
    severity=Severity.MEDIUM,
    reads=("tickets",),
    asks=PREPARE,
    why="A rollback that nobody has practised takes longest on the night it is needed.",
    controls=controls(soc2="CC7.5 A1.3", iso="A.5.30 A.8.32", nist="CP-4 IR-3", cis="11.5"),
)
def rollback_drill(self: Rule, case: Case) -> Iterator[Outcome]:
    """No drill within `rollback_drill_every`, or not for both code and config, or slower than its target.

    A drill is a ticket of that kind on the system that was closed; its note says `Rollback of code: done in 6m (target
    10m)`, and likewise for config. The latest drill of each counts. One finding a system.
    """
    for system in case.config.systems:
        if reason := case.allowed.unknown(case.at):
            yield self.not_judged(system=system.id, reason=reason)
            continue
        drills = [row for row in _closed(case, TicketKind.DRILL, system.id) if (row.closed_at or case.at) <= case.at]
        done = _practised(row for row in drills if _since(row, case) <= case.policy.rollback_drill_every)
        problems = [p for what in _PATHS if (p := _problem(what, done))]
        if not problems:
            yield self.clear(system=system.id)
            continue
        last = max((row.closed_at for row in drills if row.closed_at), default=None)
        state = f"the last drill was {length(case.at - last)} ago" if last else "there is no drill on record"
        yield self.finding(
            thing="rollback-drill",
            system=system.id,
            summary=f"The rollback of {system.name} was not practised in time: {listing(problems)} ({state})",
            next_step="Release a small change on a calm day, roll back code and config, and write down the times.",
            facts={"missing": problems, "last_drill": stamp(last), "every": length(case.policy.rollback_drill_every)},
            evidence=tuple(pointer(row) for row in drills[-3:]),
        )


@rule(
    "readiness/review-after-incident",
    heading="Rights not reviewed after an incident",
    judges=SubjectKind.TICKET,
    severity=Severity.MEDIUM,
    reads=("tickets",),
    asks=PREPARE,
    why="An incident shows who really needs which access; a week later nobody remembers.",
    controls=controls(soc2="CC7.4 CC6.3", iso="A.5.27 A.5.18", pci="7.2.4", nist="IR-4 AC-2", cis="17.8"),
)
def review_after_incident(self: Rule, case: Case) -> Iterator[Outcome]:
    """Rights not reviewed within `review_after_incident_within` after an incident was resolved.

    A review is a `review` ticket on that system that was closed in time. Incidents that are not over, or whose review
    is not due yet, are not judged. One finding an incident.
    """
    within = case.policy.review_after_incident_within
    for ticket in case.tickets:
        ref = case.refs[ticket.ticket]
        due = ticket.closed_at + within if ticket.closed_at else None
        if ref.kind is not TicketKind.INCIDENT or due is None or ticket.closed_at is None or due < case.period_from:
            continue
        reviews = [t for system in ref.systems for t in _closed(case, TicketKind.REVIEW, system)]
        after = sorted(t.closed_at for t in reviews if t.closed_at and t.closed_at >= ticket.closed_at)
        if due > case.at or (after and after[0] <= due):
            yield self.clear(thing=ticket.ticket)
            continue
        state = f"it was {length(after[0] - due)} late" if after else "there was none"
        yield self.finding(
            thing=ticket.ticket,
            system=ref.systems[0] if len(ref.systems) == 1 else None,
            ticket=ticket.ticket,
            starts_at=ticket.closed_at,
            ends_at=due,
            summary=f"The review of rights after {ticket.ticket} was due on {moment(due, case.config.zone)}; {state}",
            next_step="Go through who needed which access that night, take away the rest, and close a review ticket.",
            facts={
                "resolved_at": stamp(ticket.closed_at),
                "due": stamp(due),
                "reviewed_at": stamp(after[0] if after else None),
            },
            evidence=(pointer(ticket),),
        )


@rule(
    "readiness/log-access",
    heading="On duty, and unable to read the logs",
    judges=SubjectKind.PERSON,
    severity=Severity.MEDIUM,
    reads=RIGHTS,
    asks=PREPARE,
    why="Whoever is on duty and has to ask for the logs loses the first ten minutes of every outage.",
    controls=controls(soc2="CC7.2 CC7.3", iso="A.8.15 A.5.26", nist="IR-4 AU-6", cis="17.3"),
)
def log_access(self: Rule, case: Case) -> Iterator[Outcome]:
    """The person on duty cannot read the logs of at least one of the system's resources.

    Whoever can do anything there, or log in to its hosts, can read them. Where rights of the system were not all read,
    it could not be judged.
    """
    for system in case.config.systems:
        for person in system.on_duty:
            if any(_reads_logs(access, system) for access in case.access if access.person == person):
                yield self.clear(person=person, system=system.id)
                continue
            if system.id in case.unseen_systems:
                lacks = "not all rights on the system could be read"
                yield self.not_judged(person=person, system=system.id, reason=lacks)
                continue
            yield self.finding(
                thing="log-access",
                person=person,
                system=system.id,
                summary=f"{case.name(person)} is on duty for {system.name} and cannot read its logs",
                next_step="Give them read access to the logs now, and let them open them once to see that it works.",
                facts={"on_duty": list(system.on_duty)},
            )


@rule(
    "readiness/ownership",
    heading="Systems without an owner",
    judges=SubjectKind.SYSTEM,
    severity=Severity.MEDIUM,
    reads=(),
    asks=PREPARE,
    why="What nobody answers for, nobody keeps in order.",
    controls=controls(soc2="CC1.3", iso="A.5.2 A.5.9", pci="12.1.3", nist="CM-8 PM-5", cis="1.1"),
)
def ownership(self: Rule, case: Case) -> Iterator[Outcome]:
    """A system without a primary or a backup, or with one who has left. One finding a system."""
    for system in case.config.systems:
        problems = [
            p
            for role, who in (("primary", system.primary), ("backup", system.backup))
            if (p := _owner(case, role, who))
        ]
        if not problems:
            yield self.clear(system=system.id)
            continue
        yield self.finding(
            thing="ownership",
            system=system.id,
            summary=f"{system.name} {listing(problems)}",
            next_step="Name somebody who answers for it, and who stands in for them.",
            facts={"primary": system.primary, "backup": system.backup},
        )


def _owner(case: Case, role: str, who: str | None) -> str | None:
    person = case.config.people_by_id.get(who or "")
    if person is None:
        return f"has no {role}"
    return f"has a {role} who has left ({person.name})" if has_left(person, case) else None


def _closed(case: Case, kind: TicketKind, system: str) -> list[Ticket]:
    """Closed tickets of a kind on a system, earliest first."""
    rows = [row for row in case.tickets if row.closed_at and case.refs[row.ticket].kind is kind]
    return sorted((row for row in rows if system in case.refs[row.ticket].systems), key=lambda row: str(row.closed_at))


def _since(row: Ticket, case: Case) -> timedelta:
    return case.at - (row.closed_at or case.at)


def _practised(drills: Iterable[Ticket]) -> Mapping[str, tuple[timedelta, timedelta | None]]:
    """The latest time and target for code and config."""
    done: dict[str, tuple[timedelta, timedelta | None]] = {}
    for row in drills:
        for match in _DRILL.finditer(row.note or ""):
            target = _length(match["target"]) if match["target"] else None
            done[match["what"].lower()] = (_length(match["took"]), target)
    return done


def _length(text: str) -> timedelta:
    """`1h 20m` or `80 minutes` as a length."""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhd])", text.lower())
    return sum((parse_duration(f"{number}{unit}") for number, unit in parts), timedelta())


def _problem(what: str, done: Mapping[str, tuple[timedelta, timedelta | None]]) -> str | None:
    if what not in done:
        return f"not for {what}"
    took, target = done[what]
    return f"{what} took {length(took)}, {length(took - target)} over its target" if target and took > target else None


def _reads_logs(access: Entitlement, system: System) -> bool:
    return reaches(access, system) and not access.capabilities.isdisjoint({Capability.READ_LOGS, Capability.SHELL})


RULES = (rollback_drill, review_after_incident, log_access, ownership)
