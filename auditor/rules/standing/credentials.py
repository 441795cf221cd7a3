"""Keys and tokens by themselves."""

from collections.abc import Iterator, Sequence
from typing import Any

from auditor.case.case import Case
from auditor.case.coverage import no_source
from auditor.config.systems import System
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Outcome, pointer
from auditor.model.subjects import SubjectKind
from auditor.model.tables import Activity, Credential
from auditor.model.vocabulary import ActorClass, Severity
from auditor.providers.registry import provider
from auditor.rules.asks import RENEW, TAKE_AWAY
from auditor.rules.base import Rule, controls, rule
from auditor.rules.causes import RIGHTS
from auditor.rules.facts import (
    credential_name,
    evidence_of,
    handles,
    handles_of,
    holder_of,
    idle_since,
    path_facts,
    stamp,
)
from auditor.rules.words import length


@rule(
    "standing/old-credential",
    heading="Keys and tokens that are too old",
    judges=SubjectKind.CREDENTIAL,
    severity=Severity.MEDIUM,
    reads=("credentials",),
    asks=RENEW,
    why="The longer a key lives, the more places have a copy of it.",
    controls=controls(soc2="CC6.1", iso="A.5.17", pci="8.3.11 8.6.1", nist="IA-5(1)", cis_aws="1.14", cis="5.3"),
)
def old_credential(self: Rule, case: Case) -> Iterator[Outcome]:
    """An active key or token older than `max_credential_age`, or one that cannot expire.

    Judged by age where it is known; where it is not (a line in authorized_keys), the missing expiry is the finding, and
    where keys have none to give (those that a forge publishes), it could not be judged. Passwords, sign-ins by
    tokens of minutes, and inactive or expired keys are not judged. One finding a key, account and system.
    """
    seen: set[tuple[str, str | None, str | None]] = set()
    for row in case.credentials:
        if not row.enabled or row.kind in _NOT_AGED or not row.lasts(case.at):
            continue
        system = case.system_of_credential(row)
        age = case.at - row.created_at if row.created_at else None
        too_old = age is not None and age > case.policy.max_credential_age
        endless = age is None and row.expires_at is None
        if endless and row.kind == "ssh-key" and not provider(row.provider).OPENS_HOSTS:
            yield self.not_judged(account=row.account, thing=row.credential, reason=_AGE_UNTOLD)
            continue
        holder = holder_of(case, row)
        subject = (row.credential, holder, system)
        if not (too_old or endless) or subject in seen:
            yield self.clear(account=row.account, thing=row.credential)
            continue
        seen.add(subject)
        whose = case.holder(row.account, holder)
        state = f"is {length(age)} old" if age is not None else "never expires"
        yield self.finding(
            thing=row.credential,
            person=holder,
            account=row.account,
            system=system,
            resource=row.resource,
            credential=row.credential,
            summary=f"{_named(case, row, whose)} {state}",
            next_step="Make a new key, move its users over, and deactivate this one."
            if too_old
            else f"Give {'the line an expiry-time' if row.kind == 'ssh-key' else 'it an end'}.",
            facts={
                "created_at": stamp(row.created_at),
                "last_used_at": stamp(row.last_used_at),
                "comment": row.comment,
            },
            handles=handles([row.handle]),
            evidence=(pointer(row),),
        )


@rule(
    "standing/unused",
    heading="Access nobody uses",
    judges=SubjectKind.CREDENTIAL,
    severity=Severity.LOW,
    reads=(*RIGHTS, "service_uses", "activity"),
    asks=TAKE_AWAY,
    why="What nobody uses nobody misses, except whoever finds it.",
    controls=controls(soc2="CC6.2", iso="A.5.18", pci="8.2.6", nist="AC-2(3)", cis_aws="1.12", cis="5.3"),
)
def unused(self: Rule, case: Case) -> Iterator[Outcome]:
    """A credential, or the write access of a system's primary or backup, not used for `unused_after`.

    A credential never used counts from its making. Root, break-glass and inactive credentials are exempt, and whatever
    somebody who left still has. Uses are what the provider knows and what the logs show; where both are silent and the
    logs reach back less than `unused_after`, it could not be judged.
    """
    for row in case.credentials:
        who = case.who(row.account)
        if not row.enabled or row.kind in _NOT_USED or not row.lasts(case.at) or who.actor_class in _EXEMPT:
            continue
        if not case.has_left(holder_of(case, row)):
            yield _credential_use(self, case, row)
    for system in case.config.systems:
        for owner in sorted(system.owners):
            paths = [a for a in case.access if (a.person, a.system) == (owner, system.id) and a.writes]
            if paths and not case.has_left(owner):
                yield _right_use(self, case, system, owner, paths)


def _named(case: Case, row: Credential, whose: str) -> str:
    """`The SSH key of Tom Okafor on Checkout`: a key with whose it is and the only system that it opens."""
    system = case.system_of_credential(row)
    where = f" on {case.system_name(system)}" if system else ""
    return f"The {credential_name(row.kind)} of {whose}{where}"


def _credential_use(self: Rule, case: Case, row: Credential) -> Outcome:
    subject = {"account": row.account, "thing": row.credential}
    last = max((t for t in (row.last_used_at, case.last_used.get(row.credential)) if t), default=None)
    since = last or (row.created_at if row.never_used else None)
    if since is None:
        return _silent(self, case, **subject)
    idle = case.at - since
    if idle <= case.policy.unused_after:
        return self.clear(**subject)
    holder = holder_of(case, row)
    whose = case.holder(row.account, holder)
    state = f"was last used {length(idle)} ago" if last else f"was made {length(idle)} ago and never used"
    return self.finding(
        **subject,
        person=holder,
        system=case.system_of_credential(row),
        resource=row.resource,
        credential=row.credential,
        summary=f"{_named(case, row, whose)} {state}",
        next_step="Deactivate it; delete it when nobody has missed it.",
        facts={
            "created_at": stamp(row.created_at),
            "last_used_at": stamp(last),
            "days": idle.days,
        },
        handles=handles([row.handle]),
        evidence=(pointer(row),),
    )


def _right_use(self: Rule, case: Case, system: System, owner: str, paths: Sequence[Entitlement]) -> Outcome:
    subject = {"kind": SubjectKind.ENTITLEMENT, "person": owner, "system": system.id}
    seen = case.last_acts.get((owner, system.id))
    since = idle_since(paths, seen)
    if since is None:
        return _silent(self, case, **subject)
    idle, used = case.at - since, any((seen, *(a.last_used_at for a in paths)))
    use = "last used the right to change it {} ago" if used else "has not used the right to change it for {} at least"
    if idle <= case.policy.unused_after:
        return self.clear(**subject)
    return self.finding(
        **subject,
        thing="write access",
        account=paths[0].account,
        summary=f"{case.name(owner)} answers for {system.name} and {use.format(length(idle))}",
        next_step="Ask whether they still need it between incidents, or whether somebody else should be the owner.",
        facts={**path_facts(case, paths), "last_used_at": stamp(since) if used else None, "days": idle.days},
        handles=handles_of(paths),
        evidence=evidence_of(paths),
    )


def _silent(self: Rule, case: Case, **subject: Any) -> Outcome:
    """No use is known: that means something only where the logs would have shown it."""
    back = f"no use of it is known, and the logs looked at reach back {length(case.at - case.period_from)} only"
    return self.not_judged(**subject, reason=no_source(case.config, Activity.TABLE) or back)


_AGE_UNTOLD = "how old its key is, is not told, and it can be given no end"
_NOT_AGED = ("password", "mfa", "sign-in")
_NOT_USED = ("mfa", "certificate")
_EXEMPT = (ActorClass.ROOT, ActorClass.BREAK_GLASS, ActorClass.PROVIDER)
