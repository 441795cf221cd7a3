"""Who reviews a line of access: whoever answers for the system, and never whoever holds it."""

from collections.abc import Iterator
from datetime import date

from auditor.case.own_access import keepers
from auditor.config.models import Config
from auditor.model.campaigns import Role
from auditor.model.entitlements import Entitlement


def reviewer(path: Entitlement, config: Config, today: date) -> tuple[str | None, Role]:
    """The system's owner, its backup or an approver: the first who is still there and does not hold the path."""
    holders = {path.person, *path.identity.candidates, *keepers(path.account, config)}
    for name, role in _asked(path, config):
        person = config.called(name)
        there = person is not None and (person.left is None or person.left >= today)
        if person is not None and there and person.id not in holders and path.account not in person.accounts:
            return person.id, role
    return None, "nobody"


def _asked(path: Entitlement, config: Config) -> Iterator[tuple[str, Role]]:
    system = config.systems_by_id.get(path.system or "")
    if system and system.primary:
        yield system.primary, "owner"
    if system and system.backup:
        yield system.backup, "backup"
    for name in config.policy.approvers:
        yield name, "approver"
