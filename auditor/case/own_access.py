"""Whether something is about somebody's own access: they neither decide on it nor approve an exception for it."""

from collections.abc import Collection, Sequence

from auditor.config.models import Config
from auditor.config.roster import Person
from auditor.model.campaigns import LineItem
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Finding


def is_own(finding: Finding, person: Person, access: Sequence[Entitlement]) -> bool:
    """Whether a finding is about a person's own access: theirs by name, by account, or among others'."""
    accounts = {*person.accounts, *(path.account for path in access if path.person == person.id)}
    among: Collection[str] = finding.facts.get("people") or ()
    return finding.person == person.id or finding.account in accounts or person.id in among


def keepers(account: str, config: Config) -> frozenset[str]:
    """Roster ids of who keeps an account of emergency access: it is theirs to use."""
    kept = (config.called(entry.keeper) for entry in config.break_glass if account in entry.accounts)
    return frozenset(person.id for person in kept if person)


def holds(person: Person, line: LineItem, config: Config) -> bool:
    """Whether a line of a campaign is the person's own access, or may be."""
    holders = {line.person, *line.candidates, *keepers(line.account, config)}
    return person.id in holders or line.account in person.accounts
