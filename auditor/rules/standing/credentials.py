"""Keys and tokens by themselves."""

from collections.abc import Iterator

from auditor.model.findings import Outcome
from auditor.model.vocabulary import Severity
from auditor.resolve.case import Case, pointer
from auditor.rules.base import Rule, rule
from auditor.rules.controls import controls
from auditor.rules.facts import expired, handles, holder_of, stamp
from auditor.rules.words import length


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
