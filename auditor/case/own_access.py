"""Whether a finding is about somebody's own access: they neither decide on it nor approve an exception for it."""

from collections.abc import Collection, Sequence

from auditor.config.roster import Person
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Finding


def is_own(finding: Finding, person: Person, access: Sequence[Entitlement]) -> bool:
    """Whether a finding is about a person's own access: theirs by name, by account, or among others'."""
    accounts = {*person.accounts, *(path.account for path in access if path.person == person.id)}
    among: Collection[str] = finding.facts.get("people") or ()
    return finding.person == person.id or finding.account in accounts or person.id in among
