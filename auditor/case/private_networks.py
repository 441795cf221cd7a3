"""Systems that answer only inside a private network: whoever reaches them needs a place in it too."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from auditor.config.models import Config
from auditor.config.systems import Place
from auditor.model.entitlements import Entitlement
from auditor.model.globs import matches
from auditor.model.groups import grouped, only
from auditor.model.vocabulary import Capability


def inside(config: Config, access: Iterable[Entitlement], unread: Collection[str]) -> Iterator[Entitlement]:
    """Paths as they are where the network is told too, which the `behind` of resources names.

    A path ends when its holder's place in the network does. Of somebody who has none it is one that they may come to,
    and not one that they have; where a network is `unread`, not all in it being known, it hangs on that.
    """
    paths = list(access)
    behind = {one.id: one.resources for one in config.systems if any(place.behind for place in one.resources)}
    places = grouped(((path.scope, path.system), path) for path in paths if Capability.NETWORK in path.capabilities)
    for path in paths:
        network = _network(behind.get(path.system or "", ()), path)
        yield path if network is None else _with_place(path, network, places, unread)


def _network(resources: Iterable[Place], path: Entitlement) -> str | None:
    """The network that a path's end answers in alone."""
    return only(one.behind for one in resources if one.provider_name == path.provider and one.has_scope(path.scope))


def _with_place(
    path: Entitlement,
    named: str,
    places: Mapping[tuple[str, str | None], Sequence[Entitlement]],
    unread: Collection[str],
) -> Entitlement:
    network, _, place = named.partition("/")
    there = [one for one in places.get((network, path.system), ()) if matches(place or "*", one.resource or "")]
    whose = path.person or path.identity.owner
    own = [one for one in there if whose and whose == (one.person or one.identity.owner)]
    if own:
        lasting = max(
            own, key=lambda one: (one.expires_at is None, one.expires_at.timestamp() if one.expires_at else 0)
        )
        return replace(
            path,
            expires_at=min(filter(None, (path.expires_at, lasting.expires_at)), default=None),
            path=(*path.path, f"inside {named} ({lasting.path[0]})"),
            conditions=(*path.conditions, *lasting.conditions),
            evidence=(*path.evidence, *lasting.evidence),
        )
    is_known = there and network not in unread and all(one.person or one.identity.owner for one in there)
    if is_known and whose:
        return replace(
            path, eligible=True, conditions=(*path.conditions, f"only inside {named}, where they have no place")
        )
    return replace(path, conditions=(*path.conditions, f"only inside {named}, of which it is not known who is in it"))
