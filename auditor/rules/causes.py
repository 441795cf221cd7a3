"""The most telling cause of each path of access: one path, one standing finding."""

from collections.abc import Sequence
from enum import Enum
from functools import lru_cache

from auditor.case.case import Case
from auditor.config.roster import Person
from auditor.model.entitlements import Entitlement
from auditor.model.vocabulary import ActorClass, Capability

RIGHTS = ("accounts", "memberships", "policies", "grants", "credentials")
"""The tables that rules on rights rest on."""

READS = frozenset({Capability.READ_DATA, Capability.NETWORK})
"""What changes nothing and is to be asked for all the same."""

PATH = "path of access"
"""What all that judge paths have one finding of: a path's finding goes from one rule to another with its cause."""


class Cause(Enum):
    """Why a path is a finding, most telling first."""

    ADMIN = "admin-access"
    OUTLIVED = "outlived-task"
    BEYOND_JOB = "beyond-job"
    WRITE = "write-access"
    READ = "read-access"


@lru_cache(maxsize=1)
def causes(case: Case) -> Sequence[tuple[Entitlement, Cause | None]]:
    """Every path with its cause; worked out once a case, because each cause has a rule of its own."""
    return [(access, cause_of(access, case)) for access in case.access]


def cause_of(access: Entitlement, case: Case) -> Cause | None:
    """The first that fits, in the order of `Cause`; none where all is well or a rule judges the holder."""
    who = access.identity
    person = case.config.people_by_id.get(who.person or "")
    elsewhere = (
        case.has_left(who.person)
        or who.actor_class in (ActorClass.BREAK_GLASS, ActorClass.ROOT)
        # A role of the team's own that the provider acts in is as wide as the team made it.
        or (who.actor_class is ActorClass.PROVIDER and not access.opened_by)
        or (who.actor_class is ActorClass.UNKNOWN and not (person or who.candidates or access.opened_by))
    )
    if elsewhere or case.allowed.right(access, case.at):
        return None
    if access.unrestricted:
        return Cause.ADMIN
    return _cause_of_person(access, person, case) if person else None


def _cause_of_person(access: Entitlement, person: Person, case: Case) -> Cause | None:
    if access.ticket and case.allowed.ended(access.ticket, case.at):
        return Cause.OUTLIVED
    found = _standing_cause(access, person, case)
    ticket = case.allowed.given_for(access) if found else None
    # What happened to be given while a ticket was open outlived that only where it is not theirs anyway.
    return Cause.OUTLIVED if ticket and case.allowed.ended(ticket, case.at) else found


def _standing_cause(access: Entitlement, person: Person, case: Case) -> Cause | None:
    job = case.config.job_at(person.id, case.at)
    if job and access.capabilities - case.config.job_includes(person.id, case.at):
        return Cause.BEYOND_JOB
    system = case.config.systems_by_id.get(access.system or "")
    if case.allowed.ends_in_time(access, case.at, case.policy) or (system and person.id in system.owners):
        return None
    if access.writes:
        return Cause.WRITE
    return Cause.READ if access.capabilities & READS else None


def standing_writers(case: Case) -> frozenset[str]:
    """People who can change production today without asking: owners and those under an exception too."""
    return frozenset(a.person for a in case.access if a.person and is_standing_write(a, case))


def is_standing_write(access: Entitlement, case: Case) -> bool:
    """Whether a person can change production with it at any time, without a near end and for no task of now."""
    return bool(access.person and access.writes) and not case.allowed.temporary(access, case.at, case.policy)
