"""Sessions of one key that were open at once from networks that one person cannot be at."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from heapq import heappop, heappush
from ipaddress import ip_address, ip_network

from auditor.activity.results import Episode

# How what is done ends that says that nobody answered any more, and so long a server may have waited for an answer.
_TIMED_OUT, _UNHEARD = ":timeout:logout", timedelta(minutes=30)
_TWO = 2
_IPV4 = 4
# Behind these somebody else's network stands: a VPN, a provider's own. Those for examples count as anybody's.
_PRIVATE = tuple(
    ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)


def first_of_each_day(sessions: Iterable[Episode], shared: frozenset[str]) -> Mapping[date, tuple[Episode, Episode]]:
    """For each UTC day the first two sessions of a key that were open at once from different public networks.

    Addresses that are `shared` tell no place of one person's.
    """
    found: dict[date, tuple[int, int]] = {}
    ordered = sorted(sessions, key=lambda one: one.span)
    others = _Open()
    for number, one in enumerate(ordered):
        networks = _networks(one, shared)
        if not networks:
            continue
        others.close(one.starts_at)
        if (first := others.first_apart(networks)) is not None and one.ends_at > one.starts_at:
            day = one.starts_at.date()
            found[day] = min(found.get(day, (first, number)), (first, number))
        others.open(number, one, networks)
    return {day: (ordered[first], ordered[other]) for day, (first, other) in found.items()}


def _heard_until(session: Episode) -> datetime:
    """Until when somebody was certainly there: a server gives up on who answers no more only later."""
    unheard = any(action.endswith(_TIMED_OUT) for action in session.actions)
    return max(session.starts_at, session.ends_at - _UNHEARD) if unheard else session.ends_at


class _Open:
    """Sessions that are open; the first that is apart from another one is found without going through them all."""

    def __init__(self) -> None:
        self._ends: list[tuple[datetime, int]] = []
        self._networks: dict[int, frozenset[str]] = {}
        self._alike: dict[frozenset[str], deque[int]] = {}
        self._firsts: list[tuple[int, tuple[str, ...]]] = []

    def close(self, moment: datetime) -> None:
        """Forget those that had ended by then."""
        while self._ends and self._ends[0][0] <= moment:
            del self._networks[heappop(self._ends)[1]]

    def open(self, number: int, session: Episode, networks: frozenset[str]) -> None:
        """Another one is open; they come in the order of their numbers."""
        heappush(self._ends, (_heard_until(session), number))
        self._networks[number] = networks
        alike = self._alike.setdefault(networks, deque())
        alike.append(number)
        if len(alike) == 1:
            heappush(self._firsts, (number, tuple(networks)))

    def first_apart(self, networks: frozenset[str]) -> int | None:
        """The first of those that are open from other networks than these."""
        near: list[tuple[int, tuple[str, ...]]] = []
        found = None
        while self._firsts and found is None:
            first, these = heappop(self._firsts)
            alike = self._alike[frozenset(these)]
            while alike and alike[0] not in self._networks:
                alike.popleft()
            if alike and alike[0] != first:
                heappush(self._firsts, (alike[0], these))
            elif alike:
                near.append((first, these))
                found = first if _apart(networks, frozenset(these)) else None
        for one in near:
            heappush(self._firsts, one)
        return found


def egresses(episodes: Iterable[Episode]) -> frozenset[str]:
    """Addresses from which three people log in: where their own network ends (an office, a VPN)."""
    users: dict[str, set[str]] = {}
    for episode in episodes:
        for address in episode.login_addresses if episode.person else ():
            users.setdefault(address, set()).add(episode.person or "")
    return frozenset(address for address, people in users.items() if len(people) > _TWO)


def _networks(session: Episode, shared: frozenset[str]) -> frozenset[str]:
    return frozenset(filter(None, (_network(ip) for ip in session.login_addresses if ip not in shared)))


def _apart(some: frozenset[str], others: frozenset[str]) -> bool:
    """Whether two sessions came from different networks; an IPv4 and an IPv6 address may be one desk's."""
    return some.isdisjoint(others) and any(":" in one for one in some) == any(":" in one for one in others)


@lru_cache(maxsize=65536)
def _network(address: str) -> str | None:
    """The public network of an address, wide enough for one provider's customer; None for private addresses."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if any(parsed in network for network in _PRIVATE if network.version == parsed.version):
        return None
    return str(ip_network(f"{address}/{16 if parsed.version == _IPV4 else 48}", strict=False))
