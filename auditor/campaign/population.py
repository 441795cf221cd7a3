"""Freezes who could touch what, line by line, with the facts that decide and who is to review each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

import msgspec

from auditor.case.named_rights import NamedRights
from auditor.case.own_access import keepers
from auditor.config.models import Config
from auditor.model.campaigns import LineItem, OpenFinding, Population, Role, line_id
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Audit
from auditor.model.groups import grouped
from auditor.providers.systems import reaches
from reports.words import shown


def freeze(
    audit: Audit,
    access: Iterable[Entitlement],
    config: Config,
    *,
    campaign: str,
    manifest: str,
    opened_at: datetime,
    due: date,
) -> Population:
    """The population of a campaign, from what one run left; `manifest` is the hash that vouches for that."""
    paths = [path for path in access if path.lasts(audit.audited_at)]
    about = _Open(audit)
    today = opened_at.astimezone(config.zone).date()
    lines = lines_of(paths, config, today, about)
    named = {name for line in lines for name in line.findings}
    return Population(
        campaign=campaign,
        organisation=audit.organisation,
        run=audit.run,
        manifest=manifest,
        audited_at=audit.audited_at,
        opened_at=opened_at,
        due=due,
        unseen=tuple(seen for seen in audit.coverage if seen.status != "ok"),
        unseen_systems=audit.unseen_systems,
        changers=_changers(paths, config),
        findings={
            finding.id: OpenFinding(rule=finding.rule, severity=finding.severity, summary=shown(finding.summary))
            for finding in sorted(audit.findings, key=lambda one: one.id)
            if finding.id in named
        },
        lines=lines,
    )


def lines_of(
    paths: Iterable[Entitlement], config: Config, today: date, about: "_Open | None" = None
) -> tuple[LineItem, ...]:
    """The paths as lines, in the order of reviewer, system and holder; paths that differ in nothing are one."""
    alike = grouped((line_id(path), path) for path in paths)
    lines = (_line(name, some, config, today, about) for name, some in alike.items())
    return tuple(
        sorted(lines, key=lambda one: (one.reviewer or "", one.system or "", one.person or one.account, one.id))
    )


def document(population: Population) -> bytes:
    """The population as canonical JSON: names in order, nothing between; its SHA-256 is that of the file."""
    return msgspec.json.encode(population, order="deterministic")


def read(data: bytes) -> Population:
    """A population as `document` wrote it; raises msgspec.MsgspecError where it is none."""
    return msgspec.json.decode(data, type=Population)


def _line(name: str, paths: Sequence[Entitlement], config: Config, today: date, about: "_Open | None") -> LineItem:
    path = paths[0]
    who, role = _reviewer(path, config, today)
    ends = [one.expires_at for one in paths]
    return LineItem(
        id=name,
        person=path.person,
        owner=path.identity.owner,
        candidates=path.identity.candidates,
        actor_class=path.identity.actor_class,
        account=path.account,
        provider=path.provider,
        scope=path.scope,
        system=path.system,
        level=path.level,
        capabilities=tuple(sorted({held for one in paths for held in one.capabilities})),
        unrestricted=any(one.unrestricted for one in paths),
        eligible=path.eligible,
        path=path.path,
        resource=path.resource,
        credential=path.credential,
        conditions=path.conditions,
        granted_at=min((one.granted_at for one in paths if one.granted_at), default=None),
        expires_at=None if None in ends else max(end for end in ends if end),
        last_used_at=max((one.last_used_at for one in paths if one.last_used_at), default=None),
        watched_since=path.watched_since,
        ticket=path.ticket,
        handles=tuple(dict.fromkeys(handle for one in paths for handle in one.handles)),
        sources=tuple(sorted({seen.source for one in paths for seen in one.evidence})),
        findings=tuple(dict.fromkeys(found for one in paths for found in about.of(one))) if about else (),
        reviewer=who,
        reviews_as=role,
    )


class _Open:
    """What is open, the gravest first: about a right itself, and about its holder on its system."""

    def __init__(self, audit: Audit) -> None:
        ranked = sorted(audit.findings, key=lambda one: (-one.severity.rank, one.id))
        some = [one for one in ranked if one.status.stands]
        self._named = NamedRights(some)
        self._of_holder = grouped((finding.person or finding.account or "", finding) for finding in some)

    def of(self, path: Entitlement) -> Iterator[str]:
        """The ids of the findings, those that name the right first."""
        yield from (one.id for one in self._named.of(path))
        beside = self._of_holder.get(path.person or path.account, ())
        yield from (one.id for one in beside if one.system in (None, path.system))


def _changers(paths: Iterable[Entitlement], config: Config) -> dict[str, tuple[str, ...]]:
    """Who could change each system, and with what reaches everything of a scope each system in it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        if path.writes and path.person and not path.eligible:
            found[path.system or ""].add(path.person)
            if not path.system:
                for system in config.systems:
                    if reaches(path, system):
                        found[system.id].add(path.person)
    return {system: tuple(sorted(people)) for system, people in sorted(found.items())}


def _reviewer(path: Entitlement, config: Config, today: date) -> tuple[str | None, Role]:
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
