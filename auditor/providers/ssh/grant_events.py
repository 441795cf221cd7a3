"""Grant events of hosts: who was made root, or put into a group whose members are root or may become it."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import details
from auditor.model.entitlements import Grant, IdentityOf
from auditor.model.groups import grouped
from auditor.model.vocabulary import Level
from auditor.providers.given import given, unplaced
from auditor.providers.ssh.rights import GROUPS, SUDO
from auditor.providers.systems import Systems

# Whom distributions let become root.
_BECOME_ROOT = frozenset({"admin", "root", "sudo", "wheel"})

_LISTED = "all members of the group were listed anew, and who was in it before is not told"


def host_grants(config: Config, events: Iterable[JudgedEvent], rows: Snapshots, who: IdentityOf) -> Iterator[Grant]:
    """A grant for each login that became root's equal on a host of a system.

    Of other groups, sudo's rules tell, where they were read; where not, what a person got by one could not be judged.
    """
    places = Systems(config)
    rules = grouped((row.resource, row) for row in rows.grants if row.role == SUDO)
    for event in events:
        told, system = details(event.detail), places.of("ssh", event.scope, None)
        if system is None:
            continue
        group, on_host = str(told.get("group") or ""), rules[event.scope]
        by_rule = (row.condition or "" for row in on_host if row.level == Level.ADMIN)
        is_root = (
            not group or group in _BECOME_ROOT | GROUPS or any(f" (through the group {group})" in r for r in by_rule)
        )
        for user in str(told.get("user")).split(","):
            grant = given(
                event,
                f"ssh:{user}@{event.scope}",
                who,
                systems=(system,),
                level=Level.ADMIN if is_root else Level.READ,
                what=f"the group {group} on {event.scope}" if group else f"the user number 0 on {event.scope}",
            )
            if is_root:
                yield replace(grant, unplaced=_LISTED) if told.get("listed") else grant
            elif grant.identity.person:
                yield from unplaced(grant, "ssh", on_host)
