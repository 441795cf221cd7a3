"""Keys that were given between two runs: no log tells of a line in authorized_keys, but the snapshots do."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field

from auditor.case.past_rows import rows_of, runs_of
from auditor.config.models import Config
from auditor.evidence.store import Store
from auditor.model.entitlements import Entitlement, Grant, IdentityOf
from auditor.model.findings import pointer
from auditor.model.groups import grouped
from auditor.model.tables import Coverage, Credential
from auditor.model.vocabulary import ROBOTS, CoverageStatus, Level
from auditor.providers.registry import provider
from auditor.providers.systems import Systems

_Login = tuple[str, str | None]


class _Known(Struct):
    """The keys of a host or project when it was last read whole, and those seen since."""

    at: datetime
    keys: dict[_Login, set[str]] = field(default_factory=dict)

    def add(self, rows: Iterable[Credential]) -> None:
        """Know keys from now on."""
        for row in rows:
            self.keys.setdefault(_login(row), set()).add(row.credential)


def keys_given(
    store: Store, config: Config, access: Iterable[Entitlement], who: IdentityOf, period: tuple[datetime, datetime]
) -> Iterator[Grant]:
    """A grant for each key that opens a login and was not there when its host was last read whole.

    Nothing is said of hosts that were read for the first time; nor of robots' own keys, nor of a key that takes the
    place of another of the same person at the same login.
    """
    paths = {handle: path for path in access for handle in path.handles}
    systems = Systems(config)
    for source in config.feeding(Credential.TABLE):
        for row, since in _new(store, source.name, who, period):
            yield _grant(row, since, paths.get(row.handle or ""), who, systems)


def _grant(row: Credential, since: datetime, path: Entitlement | None, who: IdentityOf, systems: Systems) -> Grant:
    system = provider(row.provider).system_of_credential(row, systems)
    return Grant(
        time=row.collected_at,
        since=since,
        granted_by=None,
        recipient=row.account,
        identity=path.identity if path else who(row.credential),
        systems=(system,) if system else (),
        level=path.level if path else Level.WRITE,
        what=f"the key {row.credential.removeprefix('ssh-key:')} of {row.account}",
        ticket=None,
        evidence=pointer(row),
        written=(row.comment,),
        expires_at=row.expires_at,
        resource=row.resource,
        place=path.place if path else None,
    )


def _new(
    store: Store, source: str, who: IdentityOf, period: tuple[datetime, datetime]
) -> Iterator[tuple[Credential, datetime]]:
    """Keys of a source that are new, each with when it was not there yet."""
    known: dict[str, _Known] = {}
    for manifest in runs_of(store, source, period):
        keys = _by_scope(row for row in rows_of(store, manifest, Credential, source) if _opens(row))
        for line in rows_of(store, manifest, Coverage, source):
            before, own = known.get(line.scope), keys.get(line.scope, ())
            if before:
                added = [row for row in own if row.credential not in before.keys.get(_login(row), ())]
                yield from ((row, before.at) for row in added if not _replaces(row, before, who))
            if line.status == CoverageStatus.OK:
                known[line.scope] = _Known(manifest.at)
            if line.scope in known:
                known[line.scope].add(own)


def _opens(row: Credential) -> bool:
    return row.enabled and row.kind in provider(row.provider).GIVEN_UNLOGGED


def _by_scope(keys: Iterable[Credential]) -> Mapping[str, Sequence[Credential]]:
    """Keys by the host that they open, or the project in which it lies: lines of coverage speak of those."""
    places = ((row, row.resource or "") for row in keys)
    return grouped((scope, row) for row, place in places for scope in {place, *place.split("/")})


def _login(row: Credential) -> _Login:
    return row.account, row.resource


def _replaces(row: Credential, before: _Known, who: IdentityOf) -> bool:
    """Whether it gives nobody anything: a robot's own key, or another one of somebody who had one at this login."""
    owner = who(row.credential)
    others: Collection[str] = before.keys.get(_login(row), ())
    return owner.actor_class in ROBOTS or bool(owner.person and any(who(o).person == owner.person for o in others))
