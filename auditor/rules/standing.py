"""Rights that stay. A person's path to a system has one finding, of the most telling cause."""

from collections.abc import Iterator

from auditor.model.findings import Outcome
from auditor.model.vocabulary import ActorClass, Severity
from auditor.resolve.case import Case, pointer
from auditor.resolve.types import Access
from auditor.rules.base import Rule, rule
from auditor.rules.causes import Cause, causes, has_left
from auditor.rules.controls import controls
from auditor.rules.facts import MOST_EVIDENCE, evidence_of, expired, handles, holder_of, path_facts, stamp
from auditor.rules.words import length, listing, path_text

RIGHTS = ("accounts", "memberships", "policies", "grants", "credentials")


@rule(
    "standing/departed",
    severity=Severity.CRITICAL,
    reads=RIGHTS,
    why="Someone who no longer works here can still get in, and nobody watches what they do.",
    controls=controls(
        soc2=("CC6.2", "CC6.3"),
        iso=("A.5.18",),
        pci=("8.2.5",),
        nist=("AC-2", "AC-2(3)"),
        cis_aws=("1.12",),
        cis=("5.3", "6.2"),
    ),
)
def departed(self: Rule, case: Case) -> Iterator[Outcome]:
    """An account, key or right of someone who has left.

    One finding a person, listing all that remains. Somebody leaves at the end of their last day in the organisation's
    time zone. An account without rights and without any way in is no finding.
    """
    for person in case.config.people:
        if not has_left(person, case):
            continue
        rights = [a for a in case.access if a.person == person.id]
        ways = [c for c in case.credentials if c.enabled and not expired(c, case) and holder_of(case, c) == person.id]
        open_accounts = [a for a in case.accounts if a.enabled and case.who(a.account).person == person.id]
        if not (rights or ways or open_accounts):
            yield self.clear(person.id)
            continue
        accounts = [*(a.account for a in open_accounts), *(c.account for c in ways), *(a.account for a in rights)]
        remains = [
            *(c.credential for c in ways),
            *(a.account for a in open_accounts),
            *(path_text(a.path) for a in rights),
        ]
        yield self.finding(
            thing="departed",
            person=person.id,
            account=next(iter(accounts), None),
            summary=f"{person.name} left on {person.left} and still has {listing(remains)}",
            next_step=f"Disable the accounts of {person.name} and remove the keys and rights listed.",
            facts={
                "left": str(person.left),
                "remains": remains,
                "systems": sorted({a.system for a in rights if a.system}),
                "handles": handles(*(a.handles for a in rights), (c.handle for c in ways)),
            },
            evidence=tuple(pointer(row) for row in [*ways, *open_accounts][:MOST_EVIDENCE]) or evidence_of(rights),
        )


@rule(
    "standing/unknown-person",
    severity=Severity.HIGH,
    reads=RIGHTS,
    why="A right that belongs to nobody is reviewed by nobody.",
    controls=controls(
        soc2=("CC6.2",),
        iso=("A.5.16", "A.5.18"),
        pci=("7.2.4", "8.2.1"),
        nist=("AC-2",),
        cis_aws=("1.20",),
        cis=("5.1",),
    ),
)
def unknown_person(self: Rule, case: Case) -> Iterator[Outcome]:
    """A principal that nobody on the roster owns and no service account declares.

    Judges users, SSH keys and trust in foreign accounts; roles are judged through whoever can assume them.
    Service-linked roles and the provider's own agents are exempt. An account that fits several people could not be
    judged.
    """
    for row in case.accounts:
        if row.provider == "ssh" or row.kind in ("role", "group", "root"):
            continue
        who = case.who(row.account)
        if who.candidates:
            yield self.not_judged(row.account, f"it fits several people: {listing(who.candidates)}")
        elif who.actor_class is not ActorClass.UNKNOWN:
            yield self.clear(row.account)
        else:
            yield self.finding(
                thing=row.account,
                account=row.account,
                summary=f"Nobody on the roster owns {row.name or row.account}",
                next_step="Find out whose it is and add it to auditor.yaml, or disable it.",
                facts={
                    "scope": row.scope,
                    "enabled": row.enabled,
                    "handles": handles(c.handle for c in case.credentials if c.account == row.account and c.enabled),
                },
                evidence=(pointer(row),),
            )
    yield from _unknown_keys(self, case)
    yield from _foreign_trusts(self, case)


def _unknown_keys(self: Rule, case: Case) -> Iterator[Outcome]:
    for row in case.credentials:
        if row.kind != "ssh-key" or row.provider != "ssh" or expired(row, case):
            continue
        who = case.who(row.credential)
        if who.candidates:
            yield self.not_judged(f"{row.credential} in {row.account}", f"{who.how}: {listing(who.candidates)}")
        elif who.actor_class is not ActorClass.UNKNOWN:
            yield self.clear(f"{row.credential} in {row.account}")
        else:
            system = case.system_of_host(row.resource)
            yield self.finding(
                thing=f"{row.credential} {row.account}",
                account=row.account,
                credential=row.credential,
                system=system,
                resource=row.resource,
                summary=f"A key that nobody declares opens {row.account.removeprefix('ssh:')}",
                next_step="Find its owner and declare the key in auditor.yaml, or remove the line.",
                facts={"comment": row.comment, "handles": handles([row.handle])},
                evidence=(pointer(row),),
            )


def _foreign_trusts(self: Rule, case: Case) -> Iterator[Outcome]:
    for trust in case.foreign_trusts:
        yield self.finding(
            thing=f"{trust.role} {trust.principal}",
            account=trust.role,
            resource=trust.principal,
            summary=f"{trust.role.rsplit('/', 1)[-1]} trusts {trust.principal}, which nobody declares",
            next_step="Remove the trust, or declare the account as a system's or source's.",
            facts={"trusts": trust.principal, "conditions": list(trust.conditions)},
            evidence=trust.evidence,
        )


@rule(
    "standing/admin-access",
    severity=Severity.CRITICAL,
    reads=RIGHTS,
    why="Unrestricted rights turn one lost laptop or one mistyped command into an outage.",
    controls=controls(
        soc2=("CC6.3",),
        iso=("A.8.2", "A.5.15"),
        pci=("7.2.1", "7.2.2"),
        nist=("AC-6", "AC-6(5)"),
        cis_aws=("1.16",),
        cis=("5.4", "6.8"),
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
        subject = f"{access.account} in {access.scope}"
        if cause is not Cause.ADMIN:
            yield self.clear(subject)
            continue
        holder = case.name(access.person) if access.person else access.account.rsplit("/", 1)[-1]
        where = case.system_name(access.system) if access.system else f"all of {access.provider} {access.scope}"
        yield self.finding(
            thing=access.credential or access.scope,
            person=access.person,
            account=access.account,
            system=access.system,
            credential=access.credential,
            summary=f"{holder} can do anything in {where}",
            next_step="Replace it with the rights the work needs, and keep unrestricted access for break-glass.",
            facts=path_facts(case, [access]),
            evidence=access.evidence,
        )


@rule(
    "standing/outlived-task",
    severity=Severity.HIGH,
    reads=(*RIGHTS, "tickets"),
    why="Access given for one task and left behind is how yesterday's shortcut becomes today's outage.",
    controls=controls(soc2=("CC6.3",), iso=("A.5.18",), pci=("7.2.5",), nist=("AC-2", "AC-2(2)"), cis=("6.2",)),
)
def outlived_task(self: Rule, case: Case) -> Iterator[Outcome]:
    """The right is still there after its ticket's window ended or the ticket closed.

    A right is linked to a ticket by an id in the policy's name or the key's comment, else by a grant inside the
    ticket's window.
    """
    for person, system, ticket, paths in _grouped(case, Cause.OUTLIVED):
        row = case.ticket_rows.get(ticket or "")
        ended = max((w.ends_at for w in case.windows if w.ticket == ticket), default=row.closed_at if row else None)
        ago = f", which ended {length(case.at - ended)} ago" if ended else ""
        yield self.finding(
            thing=ticket or paths[0].path[-1],
            person=person,
            account=paths[0].account,
            system=system,
            credential=paths[0].credential,
            ticket=ticket,
            summary=f"{case.name(person)} still has the access to {case.system_name(system)} given for {ticket}{ago}",
            next_step=f"Remove it, and note in {ticket} that the access is gone.",
            facts=path_facts(case, paths),
            evidence=evidence_of(paths) + ((pointer(row),) if row else ()),
        )
    yield from (self.clear(subject) for subject in _others(case, Cause.OUTLIVED))


@rule(
    "standing/beyond-job",
    severity=Severity.MEDIUM,
    reads=RIGHTS,
    why="Rights that follow status instead of daily work are used by mistake or under pressure.",
    controls=controls(soc2=("CC6.3",), iso=("A.5.15", "A.8.2"), pci=("7.2.1", "7.2.2"), nist=("AC-6",), cis=("6.8",)),
)
def beyond_job(self: Rule, case: Case) -> Iterator[Outcome]:
    """A right that the person's job does not include.

    Jobs and what they may hold stand in auditor.yaml; someone without a job there is not judged by it. Rights inside a
    live window are exempt.
    """
    for person, system, _, paths in _grouped(case, Cause.BEYOND_JOB):
        job = case.config.people_by_id[person].job
        extra = sorted({c.value for a in paths for c in a.capabilities} - set(case.config.jobs.get(job or "", ())))
        yield self.finding(
            thing="beyond-job",
            person=person,
            account=paths[0].account,
            system=system,
            credential=paths[0].credential,
            summary=f"{case.name(person)} ({job}) can {listing(extra)} on {case.system_name(system)}, "
            "which that job does not include",
            next_step="Take away what the job does not need, or widen the job in auditor.yaml for everyone who has it.",
            facts={**path_facts(case, paths), "job": job, "beyond": extra},
            evidence=evidence_of(paths),
        )
    yield from (self.clear(subject) for subject in _others(case, Cause.BEYOND_JOB))


@rule(
    "standing/write-access",
    severity=Severity.HIGH,
    reads=RIGHTS,
    why="Always-on write access is there when the laptop is lost, the password leaks or the deadline is near.",
    controls=controls(
        soc2=("CC6.2", "CC6.3"),
        iso=("A.5.15", "A.5.18"),
        pci=("7.2.2", "7.2.5"),
        nist=("AC-2", "AC-6", "CM-5(5)"),
        cis=("6.8",),
    ),
)
def write_access(self: Rule, case: Case) -> Iterator[Outcome]:
    """A person holds production write or more, with no expiry, and is neither the system's primary nor its backup.

    One finding a person and system, all paths in it. Rights that end by themselves are exempt.
    """
    for person, system, _, paths in _grouped(case, Cause.WRITE):
        powers = sorted({c.value for a in paths for c in a.capabilities if c.changes})
        yield self.finding(
            thing="write-access",
            person=person,
            account=paths[0].account,
            system=system,
            credential=paths[0].credential,
            summary=f"{case.name(person)} can {listing(powers)} on {case.system_name(system)} at any time, with no end",
            next_step="Remove it and grant it for a task and a time, name them an owner, or agree on an exception.",
            facts=path_facts(case, paths),
            evidence=evidence_of(paths),
        )
    yield from (self.clear(subject) for subject in _others(case, Cause.WRITE))


@rule(
    "standing/read-access",
    severity=Severity.LOW,
    reads=RIGHTS,
    why="Customers' data that can be read at any time can be copied at any time.",
    controls=controls(soc2=("CC6.3",), iso=("A.5.15",), pci=("7.2.1",), nist=("AC-6",), cis=("6.8",)),
)
def read_access(self: Rule, case: Case) -> Iterator[Outcome]:
    """Permanent read of production data beyond logs, metrics and health, by someone who does not own the system."""
    for person, system, _, paths in _grouped(case, Cause.READ):
        yield self.finding(
            thing="read-access",
            person=person,
            account=paths[0].account,
            system=system,
            summary=f"{case.name(person)} can read the data of {case.system_name(system)} at any time",
            next_step="Grant it for a task and a time, or agree on an exception.",
            facts=path_facts(case, paths),
            evidence=evidence_of(paths),
        )
    yield from (self.clear(subject) for subject in _others(case, Cause.READ))


@rule(
    "standing/old-credential",
    severity=Severity.MEDIUM,
    reads=("credentials",),
    why="The longer a key lives, the more places have a copy of it.",
    controls=controls(
        soc2=("CC6.1",), iso=("A.5.17",), pci=("8.3.11", "8.6.1"), nist=("IA-5(1)",), cis_aws=("1.14",), cis=("5.3",)
    ),
)
def old_credential(self: Rule, case: Case) -> Iterator[Outcome]:
    """An active key or token older than `max_credential_age`, or one that cannot expire.

    Judged by age where it is known; where it is not (a line in authorized_keys), the missing expiry is the finding.
    Passwords and inactive or expired keys are not judged. One finding a key, account and system.
    """
    seen: set[tuple[str, str | None, str | None]] = set()
    for row in case.credentials:
        if not row.enabled or row.kind in ("password", "mfa") or expired(row, case):
            continue
        system = case.system_of_host(row.resource) if row.provider == "ssh" else None
        age = case.at - row.created_at if row.created_at else None
        too_old = age is not None and age > case.policy.max_credential_age
        endless = age is None and row.expires_at is None
        holder = holder_of(case, row)
        subject = (row.credential, holder, system)
        if not (too_old or endless) or subject in seen:
            yield self.clear(f"{row.credential} of {row.account}")
            continue
        seen.add(subject)
        whose = case.name(holder) if holder else row.account.rsplit("/", 1)[-1]
        state = f"is {length(age)} old" if age is not None else "never expires"
        kind = row.kind.replace("ssh", "SSH").replace("-", " ")
        where = f" on {case.system_name(system)}" if system else ""
        yield self.finding(
            thing=row.credential,
            person=holder,
            account=row.account,
            system=system,
            resource=row.resource,
            credential=row.credential,
            summary=f"The {kind} of {whose}{where} {state}",
            next_step="Make a new key, move its users over, and deactivate this one."
            if too_old
            else "Give the line an expiry-time.",
            facts={
                "created_at": stamp(row.created_at),
                "last_used_at": stamp(row.last_used_at),
                "comment": row.comment,
                "handles": handles([row.handle]),
            },
            evidence=(pointer(row),),
        )


def _grouped(case: Case, cause: Cause) -> Iterator[tuple[str, str, str | None, list[Access]]]:
    """People's paths of one cause by person and system (and ticket), in a stable order."""
    groups: dict[tuple[str, str, str], list[Access]] = {}
    for access, found in causes(case):
        if found is cause and access.person and access.system:
            ticket = access.ticket if cause is Cause.OUTLIVED else None
            groups.setdefault((access.person, access.system, ticket or ""), []).append(access)
    for (person, system, ticket), paths in sorted(groups.items()):
        yield person, system, ticket or None, sorted(paths, key=lambda a: a.path)


def _others(case: Case, cause: Cause) -> list[str]:
    """Subjects of people that were looked at and have another cause or none."""
    every = {(a.person, a.system) for a, _ in causes(case) if a.person and a.system}
    found = {(person, system) for person, system, _, _ in _grouped(case, cause)}
    return sorted(f"{person} on {system}" for person, system in every - found)
