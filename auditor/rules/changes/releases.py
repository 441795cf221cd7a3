"""Releases when people can watch them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from auditor.case.case import Case
from auditor.case.coverage import no_source
from auditor.case.releases import Release
from auditor.config.systems import ForgeResource, System
from auditor.model.findings import Outcome, pointer
from auditor.model.subjects import SubjectKind
from auditor.model.tables import Deployment
from auditor.model.vocabulary import CoverageStatus, Severity, TicketKind
from auditor.providers.registry import begun_by
from auditor.rules.asks import ASK
from auditor.rules.base import Rule, controls, rule
from auditor.rules.facts import MOST_EVIDENCE
from auditor.rules.sittings import sittings
from auditor.rules.words import count, listing, moment

_MOST = 3
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@rule(
    "changes/release-hours",
    heading="Releases at the wrong time",
    judges=SubjectKind.RELEASE,
    severity=Severity.MEDIUM,
    reads=("deployments", "tickets", "duties"),
    asks=ASK,
    why="A small error in a release that nobody is there to watch grows into a long outage.",
    controls=controls(soc2="CC8.1", iso="A.8.32", pci="6.5.1", nist="CM-3"),
)
def release_hours(self: Rule, case: Case) -> Iterator[Outcome]:
    """A release outside `release_hours`, in a freeze, or with neither owner of the system on duty.

    A release is a deployment to the system's production that was carried out, well or not; its beginning counts, in the
    organisation's time zone. What a schedule or a trigger's token started is held against nobody, although it runs as
    somebody. One during an incident on the system mends it and is exempt. On duty is whom a rota of the system names
    then; without a rota, who stands in its `on_duty`. Where that is not known, that part is not judged. What one person
    releases of a system is one finding where it follows within `session_gap`, and what schedules do is another.
    """
    for system in case.config.systems:
        known, lacks = _unread(case, system)
        if lacks:
            yield self.not_judged(system=system.id, reason=lacks)
        if not known:
            continue
        ran = [release for release in case.releases if release.system == system.id and release.ran]
        if doubts := dict.fromkeys(why for one in ran if (why := _owners_on_duty(case, system, one.row.time)[1])):
            label = f"owners on duty for {system.id}"
            yield self.not_judged(system=system.id, label=label, reason=listing(doubts, _MOST))
        incidents = incidents_on(case, system) if ran else []
        wrong = {
            id(release): faults for release in ran if (faults := _faults(case, system, incidents, release.row.time))
        }
        yield from (self.clear(system=system.id, thing=r.row.deployment_id) for r in ran if id(r) not in wrong)
        badly = [release for release in ran if id(release) in wrong]
        for sitting in sittings(badly, who=lambda r: _whose(case, r.row), gap=case.policy.session_gap):
            faults = list(dict.fromkeys(fault for release in sitting for fault in wrong[id(release)]))
            yield _at_a_bad_time(self, case, system, sitting, faults)


def _whose(case: Case, row: Deployment) -> str | None:
    """What began a release where nobody did, else the person who did, else the account."""
    return begun_by(row) or case.who(row.actor or "").person or row.actor


def _unread(case: Case, system: System) -> tuple[bool, str]:
    """Whether anything is known of a system's deployments, and what is not."""
    if lacks := no_source(case.config, Deployment.TABLE):
        return False, lacks
    projects = [place.scope for place in system.resources if isinstance(place, ForgeResource)]
    if not projects:
        return False, "no source tells of its deployments"
    lines = {seen.scope.casefold(): seen.status for seen in case.coverage}
    statuses = {project: lines.get(f"{project} deployments".casefold(), CoverageStatus.FAILED) for project in projects}
    lacking = [project for project, status in statuses.items() if status != CoverageStatus.OK]
    if any(statuses[project] == CoverageStatus.FAILED for project in lacking):
        return False, f"the deployments of {listing(lacking)} were not read"
    return True, f"not all deployments of {listing(lacking)} could be read" if lacking else ""


def _faults(case: Case, system: System, incidents: Sequence[tuple[datetime, datetime]], began: datetime) -> list[str]:
    """What speaks against a release at a moment."""
    if any(begins <= began <= ends for begins, ends in incidents):
        return []
    faults = untimely(case, began)
    if _owners_on_duty(case, system, began) == (False, ""):
        faults.append("with neither owner on duty")
    return faults


def untimely(case: Case, began: datetime) -> list[str]:
    """Why nothing is released at a moment: the hours, and freezes."""
    local, hours = began.astimezone(case.config.zone), case.policy.release_hours
    minute = local.time().replace(second=0, microsecond=0)
    within = _DAYS[local.weekday()] in hours.days and hours.from_ <= minute <= hours.to
    return [
        *([] if within else ["outside release hours"]),
        *(
            f"in the freeze until {freeze.to}{f' ({freeze.reason})' if freeze.reason else ''}"
            for freeze in case.policy.freezes
            if freeze.from_ <= local.date() <= freeze.to
        ),
    ]


def _owners_on_duty(case: Case, system: System, began: datetime) -> tuple[bool, str]:
    """Whether an owner was on duty at a moment, and why that is not known where none was."""
    duty = case.on_duty(system, began)
    here = any(case.is_here(owner) for owner in system.owners if owner in duty.people)
    return here, "" if here else duty.doubt


def incidents_on(case: Case, system: System) -> list[tuple[datetime, datetime]]:
    """When incidents on a system were going on."""
    return [
        (begins, row.closed_at or case.at)
        for row in case.tickets
        if (ref := case.refs[row.ticket]).kind is TicketKind.INCIDENT
        and system.id in ref.systems
        and (begins := row.starts_at or row.opened_at)
    ]


def _at_a_bad_time(
    self: Rule, case: Case, system: System, sitting: Sequence[Release], faults: Sequence[str]
) -> Outcome:
    first, rows = sitting[0].row, [release.row for release in sitting]
    who = case.who(first.actor or "")
    began = begun_by(first)
    person = None if began else who.person
    by = case.name(person) if person else began.capitalize() or who.owner or first.actor or "somebody"
    number = f" ({count(len(sitting), 'release')})" if len(sitting) > 1 else ""
    return self.finding(
        thing=first.deployment_id,
        person=person,
        account=first.actor,
        system=system.id,
        resource=first.system_hint,
        starts_at=first.time,
        ends_at=max(release.ends_at for release in sitting),
        summary=f"{by} released {system.name} on {moment(first.time, case.config.zone)}{number}, {listing(faults)}",
        next_step="Ask what could not wait; agree on who may release then and who watches, or let the pipeline refuse.",
        facts={
            "faults": list(faults),
            "deployments": [row.deployment_id for row in rows],
            "pipelines": [row.pipeline for row in rows if row.pipeline],
            "statuses": [row.status for row in rows],
            "on_duty": list(case.on_duty(system, first.time).people),
        },
        evidence=tuple(pointer(row) for row in rows[:MOST_EVIDENCE]),
    )
