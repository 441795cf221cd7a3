"""Paths of access, each judged once by its most telling cause."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from itertools import pairwise
from typing import Any

from auditor.case.case import Case
from auditor.model.entitlements import Entitlement
from auditor.model.few import cut
from auditor.model.findings import Outcome, pointer
from auditor.model.subjects import SubjectKind
from auditor.model.vocabulary import Severity
from auditor.providers.registry import place
from auditor.rules.asks import TAKE_AWAY
from auditor.rules.base import Rule, controls, rule
from auditor.rules.causes import PATH, READS, RIGHTS, Cause, causes
from auditor.rules.facts import evidence_of, handles_of, path_facts
from auditor.rules.words import day, length, listing, moment, powers

_LONGEST = 120
_path_rule = partial(rule, judges=SubjectKind.ENTITLEMENT, reads=(*RIGHTS, "tickets"), asks=TAKE_AWAY, one_of=PATH)


@_path_rule(
    "standing/admin-access",
    heading="Unrestricted access",
    severity=Severity.CRITICAL,
    why="Unrestricted rights turn one lost laptop or one mistyped command into an outage.",
    controls=controls(
        soc2="CC6.3", iso="A.8.2 A.5.15", pci="7.2.1 7.2.2", nist="AC-6 AC-6(5)", cis_aws="1.16", cis="5.4 6.8"
    ),
)
def admin_access(self: Rule, case: Case) -> Iterator[Outcome]:
    """Unrestricted rights: `*` on `*`, owner, or root-equivalent; whoever holds them, break-glass aside.

    One finding a principal and account or project (for SSH: a key and system). Rights inside a live window are exempt,
    and so are those of someone who has left or whom nobody knows, which have their own rule.
    """
    for access, cause in causes(case):
        if not access.unrestricted:
            continue
        if cause is not Cause.ADMIN:
            yield self.clear(account=access.account, thing=access.scope)
            continue
        holder = case.holder(access.account, access.person)
        where = case.system_name(access.system) if access.system else f"all of {place(access.provider, access.scope)}"
        yield self.finding(
            thing=access.credential or access.scope,
            person=access.person,
            account=access.account,
            system=access.system or case.systems.only_of_scope(access.provider, access.scope),
            credential=access.credential,
            summary=f"{holder} can do anything in {where}{_asked([access])}{_becomes(access)}",
            next_step="Replace it with the rights the work needs, and keep unrestricted access for break-glass.",
            facts=path_facts(case, [access]),
            handles=handles_of([access]),
            evidence=access.evidence,
        )


@_path_rule(
    "standing/outlived-task",
    heading="Access that outlived its task",
    severity=Severity.HIGH,
    why="Access given for one task and left behind is how yesterday's shortcut becomes today's outage.",
    controls=controls(soc2="CC6.3", iso="A.5.18", pci="7.2.5", nist="AC-2 AC-2(2)", cis="6.2"),
)
def outlived_task(self: Rule, case: Case) -> Iterator[Outcome]:
    """The right is still there after its ticket's window ended or the ticket closed.

    A right is linked to a ticket by an id in the policy's name or the key's comment, else by a grant inside the
    ticket's window.
    """
    for person, system, ticket, paths in _grouped(case, Cause.OUTLIVED):
        row, ref = case.ticket_rows.get(ticket), case.refs.get(ticket)
        ended = ref.end if ref else None
        ago = f", which ended {length(case.at - ended)} ago" if ended else ""
        yield self.finding(
            thing=ticket,
            **_held(person, system, paths),
            credential=paths[0].credential,
            ticket=ticket,
            summary=f"{case.name(person)} still has the access to {case.system_name(system)} given for {ticket}{ago}",
            next_step=f"Remove it, and note in {ticket} that the access is gone.",
            facts=path_facts(case, paths),
            evidence=evidence_of(paths) + ((pointer(row),) if row else ()),
        )
    yield from _others(self, case, Cause.OUTLIVED)


@_path_rule(
    "standing/beyond-job",
    heading="More access than the job needs",
    severity=Severity.MEDIUM,
    why="Rights that follow status instead of daily work are used by mistake or under pressure.",
    controls=controls(soc2="CC6.3", iso="A.5.15 A.8.2", pci="7.2.1 7.2.2", nist="AC-6", cis="6.8"),
)
def beyond_job(self: Rule, case: Case) -> Iterator[Outcome]:
    """A right that the person's job does not include.

    Jobs and what they may hold stand in auditor.yaml; someone without a job there is not judged by it. Rights inside a
    live window are exempt, and so are those of the job before for a day after a change of jobs.
    """
    for person, system, _, paths in _grouped(case, Cause.BEYOND_JOB):
        job = case.config.job_at(person, case.at)
        extra = {c for a in paths for c in a.capabilities} - case.config.job_includes(person, case.at)
        kept = _kept_since(case, person, paths)
        yield self.finding(
            thing="beyond-job",
            **_held(person, system, paths),
            credential=paths[0].credential,
            summary=f"{case.name(person)} ({job}) holds more on {case.system_name(system)} than the job needs"
            f"{f', since the change of jobs on {day(kept)}' if kept else ''}: {powers(extra)}",
            next_step="Take away what the job does not need, or widen the job in auditor.yaml for everyone who has it.",
            facts={
                **path_facts(case, paths),
                "job": job,
                "beyond": sorted(extra),
                "since": str(kept) if kept else None,
            },
            evidence=evidence_of(paths),
        )
    yield from _others(self, case, Cause.BEYOND_JOB)


def _kept_since(case: Case, person: str, paths: Sequence[Entitlement]) -> date | None:
    """The first day in a job that does not include what the job before it did, where a path is as old."""
    known = case.config.people_by_id[person]
    today = case.at.astimezone(case.config.zone).date()
    for before, now in reversed(list(pairwise(held for held in known.jobs if held.from_ <= today))):
        included = frozenset(case.config.jobs.get(before.job, ()))
        older = (a for a in paths if not a.granted_at or a.granted_at.astimezone(case.config.zone).date() < now.from_)
        return now.from_ if any(a.capabilities & included for a in older) else None
    return None


@_path_rule(
    "standing/write-access",
    heading="Can change production at any time",
    severity=Severity.HIGH,
    why="Always-on write access is there when the laptop is lost, the password leaks or the deadline is near.",
    controls=controls(soc2="CC6.2 CC6.3", iso="A.5.15 A.5.18", pci="7.2.2 7.2.5", nist="AC-2 AC-6 CM-5(5)", cis="6.8"),
)
def write_access(self: Rule, case: Case) -> Iterator[Outcome]:
    """A person holds production write or more, with no near end, and is neither the system's primary nor its backup.

    One finding a person and system, all paths in it. Rights that end with their ticket's window are exempt, and those
    without a ticket that end within `max_grant` after they were given; a key with an end goes by `max_credential_age`.
    """
    for person, system, _, paths in _grouped(case, Cause.WRITE):
        held = {c for a in paths for c in a.capabilities if c.changes}
        yield self.finding(
            thing="write-access",
            **_held(person, system, paths),
            credential=paths[0].credential,
            summary=f"{case.name(person)} can {powers(held)} on {case.system_name(system)} at any time, "
            f"{_end(case, paths)}{_asked(paths)}",
            next_step="Remove it and grant it for a task and a time, name them an owner, or agree on an exception.",
            facts=path_facts(case, paths),
            evidence=evidence_of(paths),
        )
    yield from _others(self, case, Cause.WRITE)


@_path_rule(
    "standing/read-access",
    heading="Can read or reach production at any time",
    severity=Severity.LOW,
    why="Customers' data that can be read at any time can be copied at any time; a network that can be reached at any "
    "time is one stolen laptop away.",
    controls=controls(soc2="CC6.3", iso="A.5.15", pci="7.2.1", nist="AC-6", cis="6.8"),
)
def read_access(self: Rule, case: Case) -> Iterator[Outcome]:
    """Permanent read of production data beyond logs, metrics and health, by someone who does not own the system.

    A place in the private network that it answers in is judged likewise.
    """
    for person, system, _, paths in _grouped(case, Cause.READ):
        held = {c for a in paths for c in a.capabilities & READS}
        yield self.finding(
            thing="read-access",
            **_held(person, system, paths),
            summary=f"{case.name(person)} can {powers(held)} on {case.system_name(system)} at any time, "
            f"{_end(case, paths)}{_asked(paths)}",
            next_step="Grant it for a task and a time, or agree on an exception.",
            facts=path_facts(case, paths),
            evidence=evidence_of(paths),
        )
    yield from _others(self, case, Cause.READ)


def _end(case: Case, paths: list[Entitlement]) -> str:
    """When the rights end, in words."""
    ends = [path.expires_at for path in paths if path.expires_at]
    return f"until {moment(max(ends), case.config.zone)}" if len(ends) == len(paths) else "with no end"


def _asked(paths: Sequence[Entitlement]) -> str:
    """What every path asks for besides, in words: ` (only from 192.0.2.0/24)`."""
    asked = [one for one in paths[0].conditions if all(one in path.conditions for path in paths[1:])]
    return f" ({listing(cut(one, _LONGEST) for one in asked)})" if asked else ""


def _becomes(access: Entitlement) -> str:
    """Who becomes the holder, where it is a role that nobody declares."""
    return f", and {listing(access.opened_by)} can become it" if access.opened_by else ""


def _grouped(case: Case, cause: Cause) -> Iterator[tuple[str, str, str, list[Entitlement]]]:
    """People's paths of one cause by person and system (and the ticket that they outlived), in a stable order."""
    groups: dict[tuple[str, str, str], list[Entitlement]] = {}
    for access, found in causes(case):
        if found is cause and access.person and access.system:
            ticket = (case.allowed.given_for(access) or "") if cause is Cause.OUTLIVED else ""
            groups.setdefault((access.person, access.system, ticket), []).append(access)
    for (person, system, ticket), paths in sorted(groups.items()):
        yield person, system, ticket, sorted(paths, key=lambda a: a.path)


def _held(person: str, system: str, paths: Sequence[Entitlement]) -> dict[str, Any]:
    """Who holds paths where, and what takes them away."""
    return {"person": person, "account": paths[0].account, "system": system, "handles": handles_of(paths)}


def _others(self: Rule, case: Case, cause: Cause) -> Iterator[Outcome]:
    """People and systems that were looked at and have another cause or none."""
    every = {(a.person, a.system) for a, _ in causes(case) if a.person and a.system}
    found = {(person, system) for person, system, _, _ in _grouped(case, cause)}
    yield from (self.clear(person=person, system=system) for person, system in sorted(every - found))
