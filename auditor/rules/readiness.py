"""Would it hold tonight: drills, reviews, logs for whoever is on duty, and somebody who answers for it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial

from auditor.case.case import Case
from auditor.case.coverage import no_source
from auditor.config.systems import Rollback, RollbackPath, System
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Outcome, pointer
from auditor.model.groups import only
from auditor.model.subjects import SubjectKind
from auditor.model.tables import Grant, Ticket
from auditor.model.vocabulary import Capability, Severity, TicketKind
from auditor.providers.systems import reaches
from auditor.rules.asks import PREPARE
from auditor.rules.base import Rule, controls, rule
from auditor.rules.causes import RIGHTS
from auditor.rules.drills import practised
from auditor.rules.facts import stamp
from auditor.rules.words import length, listing, moment

_PATHS = ("code", "config")
_DAY = timedelta(days=1)

_readiness_rule = partial(rule, severity=Severity.MEDIUM, asks=PREPARE)


@_readiness_rule(
    "readiness/rollback-drill",
    heading="Rollback not practised",
    judges=SubjectKind.SYSTEM,
    reads=("tickets",),
    why="A rollback that nobody has practised takes longest on the night it is needed.",
    controls=controls(soc2="CC7.5 A1.3", iso="A.5.30 A.8.32", nist="CP-4 IR-3", cis="11.5"),
)
def rollback_drill(self: Rule, case: Case) -> Iterator[Outcome]:
    """No drill within `rollback_drill_every`, or not for both code and config, or slower than its target.

    A drill is a ticket of that kind on the system that was closed; its note or closeout says `Rollback of code: done in
    6m (target 10m)`, or `25 minutes, target 10 minutes`, or `code was rolled back in six minutes`, and likewise for
    config. The latest drill of each counts. One finding a system.
    """
    for system in case.config.systems:
        if reason := case.allowed.unknown(case.at):
            yield self.not_judged(system=system.id, reason=reason)
            continue
        drills = [row for row in _closed(case, TicketKind.DRILL, system.id) if (row.closed_at or case.at) <= case.at]
        done = practised(row for row in drills if _since(row, case) <= case.policy.rollback_drill_every)
        problems = [p for what in _PATHS if (p := _problem(what, done))]
        if not problems:
            yield self.clear(system=system.id)
            continue
        last = max((row.closed_at for row in drills if row.closed_at), default=None)
        every = length(case.policy.rollback_drill_every)
        told = listing(problems) if done else f"policy wants it every {every}"
        state = f"last practised {length(case.at - last)} ago: {told}" if last else ""
        yield self.finding(
            thing="rollback-drill",
            system=system.id,
            summary=f"The rollback of {system.name} was {state or 'never practised: no drill is on record'}",
            next_step="Release a small change on a calm day, roll back code and config, and write down the times.",
            facts={"missing": problems, "last_drill": stamp(last), "every": every},
            evidence=tuple(pointer(row) for row in drills[-3:]),
        )


@_readiness_rule(
    "readiness/review-after-incident",
    heading="Rights not reviewed after an incident",
    judges=SubjectKind.TICKET,
    reads=("tickets",),
    why="An incident shows who really needs which access; a week later nobody remembers.",
    controls=controls(soc2="CC7.4 CC6.3", iso="A.5.27 A.5.18", pci="7.2.4", nist="IR-4 AC-2", cis="17.8"),
)
def review_after_incident(self: Rule, case: Case) -> Iterator[Outcome]:
    """Rights not reviewed within `review_after_incident_within` after an incident was resolved.

    A review is a `review` ticket on that system that was closed in time; every system of the incident needs one.
    Incidents that are not over, or whose review is not due yet, are not judged. One finding an incident.
    """
    within = case.policy.review_after_incident_within
    for ticket in case.tickets:
        ref = case.refs[ticket.ticket]
        due = ticket.closed_at + within if ticket.closed_at else None
        if ref.kind is not TicketKind.INCIDENT or due is None or ticket.closed_at is None or due < case.period_from:
            continue
        reviewed = {system: _first_review(case, system, ticket.closed_at) for system in ref.systems}
        late = {system: done for system, done in reviewed.items() if done is None or done > due}
        if due > case.at or (reviewed and not late):
            yield self.clear(thing=ticket.ticket)
            continue
        done = [moment for moment in late.values() if moment]
        state = f"it was {length(max(done) - due)} late" if done and len(done) == len(late) else "there was none"
        which = f" on {listing(map(case.system_name, late))}" if len(reviewed) > 1 else ""
        yield self.finding(
            thing=ticket.ticket,
            system=only(late),
            ticket=ticket.ticket,
            starts_at=ticket.closed_at,
            ends_at=due,
            summary=f"The review of rights{which} after {ticket.ticket} was due on "
            f"{moment(due, case.config.zone)}; {state}",
            next_step="Go through who needed which access that night, take away the rest, and close a review ticket.",
            facts={
                "resolved_at": stamp(ticket.closed_at),
                "due": stamp(due),
                "reviewed_at": {system: stamp(done) for system, done in reviewed.items()},
            },
            evidence=(pointer(ticket),),
        )


@_readiness_rule(
    "readiness/log-access",
    heading="On duty, and unable to read the logs",
    judges=SubjectKind.PERSON,
    reads=(*RIGHTS, "duties"),
    why="Whoever is on duty and has to ask for the logs loses the first ten minutes of every outage.",
    controls=controls(soc2="CC7.2 CC7.3", iso="A.8.15 A.5.26", nist="IR-4 AU-6", cis="17.3"),
)
def log_access(self: Rule, case: Case) -> Iterator[Outcome]:
    """The person on duty cannot read the logs of at least one of the system's resources.

    Whoever can do anything there, or log in to its hosts, can read them. Where rights of the system were not all read,
    it could not be judged. On duty is whoever a rota names for the day after the audit, else who stands in `on_duty`.
    """
    for system in case.config.systems:
        duty = case.on_duty(system, case.at, case.at + _DAY)
        if duty.doubt and duty.rota:
            yield self.not_judged(system=system.id, label=f"on duty for {system.id}", reason=duty.doubt)
        for person in duty.people:
            if any(reads_logs(access, system) for access in case.access if access.person == person):
                yield self.clear(person=person, system=system.id)
                continue
            if system.id in case.unseen_systems:
                lacks = no_source(case.config, Grant.TABLE) or "not all rights on the system could be read"
                yield self.not_judged(person=person, system=system.id, reason=lacks)
                continue
            yield self.finding(
                thing="log-access",
                person=person,
                system=system.id,
                summary=f"{case.name(person)} is on duty for {system.name} and cannot read its logs",
                next_step="Give them read access to the logs now, and let them open them once to see that it works.",
                facts={"on_duty": list(duty.people)},
            )


@_readiness_rule(
    "readiness/ownership",
    heading="Systems without an owner",
    judges=SubjectKind.SYSTEM,
    reads=(),
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


@_readiness_rule(
    "readiness/rollback-owner",
    heading="Rollback without an owner or steps",
    judges=SubjectKind.SYSTEM,
    reads=(),
    why="If both ways back sit in one head, or in none, people guess under stress, and guessing stretches outages.",
    controls=controls(soc2="CC7.5 A1.2", iso="A.5.30 A.5.2", nist="CP-2 IR-4", cis="17.1"),
)
def rollback_owner(self: Rule, case: Case) -> Iterator[Outcome]:
    """A system whose rollback of code or of config has no owner, one who has left, or no steps.

    Both stand in auditor.yaml, under `rollback` of the system. A company of which no system has it could not be judged.
    One finding a system.
    """
    if not any(system.rollback for system in case.config.systems):
        yield self.not_judged(label="rollback", reason="no system of auditor.yaml has `rollback`: who does it, and how")
        return
    for system in case.config.systems:
        ways = system.rollback or Rollback()
        named = (("code", ways.code), ("config", ways.config))
        problems = [p for what, way in named for p in _lacks(case, what, way)]
        if not problems:
            yield self.clear(system=system.id)
            continue
        yield self.finding(
            thing="rollback-owner",
            system=system.id,
            summary=f"The rollback of {system.name} {listing(problems, most=4)}",
            next_step="Name one person for each way back, and write its few steps where they are found at night.",
            facts={what: {"owner": way.owner, "steps": way.steps} for what, way in named},
        )


def _lacks(case: Case, what: str, way: RollbackPath) -> Iterator[str]:
    if problem := _owner(case, "owner", way.owner):
        yield f"{problem} for {what}"
    if not way.steps:
        yield f"has no steps for {what}"


def _owner(case: Case, role: str, who: str | None) -> str | None:
    person = case.config.people_by_id.get(who or "")
    if person is None:
        return f"has no {role}"
    gone = f"has {'an' if role == 'owner' else 'a'} {role} who has left ({person.name})"
    return gone if case.has_left(person.id) else None


def _closed(case: Case, kind: TicketKind, system: str) -> list[Ticket]:
    """Closed tickets of a kind on a system, earliest first."""
    rows = [row for row in case.tickets if row.closed_at and case.refs[row.ticket].kind is kind]
    return sorted((row for row in rows if system in case.refs[row.ticket].systems), key=lambda row: str(row.closed_at))


def _first_review(case: Case, system: str, since: datetime) -> datetime | None:
    """When the first review of a system was closed, from a moment on."""
    closed = (row.closed_at for row in _closed(case, TicketKind.REVIEW, system))
    return next((moment for moment in closed if moment and moment >= since), None)


def _since(row: Ticket, case: Case) -> timedelta:
    return case.at - (row.closed_at or case.at)


def _problem(what: str, done: Mapping[str, tuple[timedelta, timedelta | None]]) -> str | None:
    if what not in done:
        return f"not for {what}"
    took, target = done[what]
    return f"{what} took {length(took)}, {length(took - target)} over its target" if target and took > target else None


def reads_logs(access: Entitlement, system: System) -> bool:
    """Whether the logs of one of the system's resources can be read by it."""
    return reaches(access, system) and not access.capabilities.isdisjoint({Capability.READ_LOGS, Capability.SHELL})


RULES = (rollback_drill, review_after_incident, log_access, ownership, rollback_owner)
