"""Systems as names tell of them: of projects and hosts, of tags, of what tickets are for and of what was changed."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from auditor.case.case import Case
from auditor.config.systems import resource_entry
from auditor.evidence.snapshots import Snapshots
from auditor.providers.registry import provider

_TAGS = frozenset({"service", "app", "application", "system", "component", "product"})
_DULL = """
access alias api app application background bucket cluster data db default dev email environment eu function group
groups image jobs key live log logs main ops policy prod production queue role secret server service services stage
staging system table task test the topic us user web worker
"""
_COMMON = frozenset(_DULL.split())
_RESOURCE = re.compile(r'"([^"]+:[^"]+:[^"]+)"')
_SHORTEST = 4
_OFTEN = 2


class Found(Struct):
    """A system as far as names tell.

    Args:
        places: entries of its `resources`.
        aliases: what tickets call it beside its id.
        perhaps: what tickets call something that nothing in the evidence is called after: it may be this.
    """

    id: str
    places: list[dict[str, Any]] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    tickets: int = 0
    perhaps: tuple[str, ...] = ()


def systems_of(case: Case, rows: Snapshots, organisation: Iterable[str]) -> list[Found]:
    """Proposed systems, that with most tickets first; words that the organisation is called by tell nothing apart."""
    dull = frozenset(word.casefold() for word in organisation)
    things = _things(case, rows)
    found = _of_tickets(case, dull)
    _of_scopes(found, _scopes(case, rows), dull)
    for name in (*_tagged(rows, dull), *(() if found else _often(things, dull))):
        found.setdefault(name, Found(name))
    for one in found.values():
        _place(one, things)
    placed = [one for one in found.values() if one.places]
    placed += _whole(things, placed, rows)
    nowhere = tuple(one.id for one in found.values() if one.tickets and not one.places)
    for one in placed:
        one.perhaps = () if one.tickets else nowhere
    return sorted(placed, key=lambda one: (-one.tickets, one.id))


def _of_tickets(case: Case, dull: frozenset[str]) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for ticket in case.tickets:
        for written in ticket.systems:
            if name := _called(written, dull):
                one = found.setdefault(name, Found(name))
                one.tickets += 1
                if written.casefold() != name and written not in one.aliases:
                    one.aliases.append(written)
    return found


def _of_scopes(found: dict[str, Found], scopes: Mapping[tuple[str, str], str], dull: frozenset[str]) -> None:
    """Projects and hosts join the system that they are called after, or make one."""
    for (room, scope), pattern in scopes.items():
        if (name := _called(_tail(scope), dull)) and (entry := resource_entry(room, pattern, None)):
            # A project `shop-checkout-prod` is checkout's, where tickets speak of checkout.
            known = next((one for one in found if one in name.split("-")), name)
            found.setdefault(known, Found(known)).places.append(entry)


def _called(written: str, dull: frozenset[str]) -> str:
    """A name without the words that every system's has: `production checkout service` is checkout."""
    words = re.findall(r"[a-z0-9]+", written.casefold())
    kept = [word for word in words if word not in _COMMON and word not in dull and not word.isdigit()]
    plain = [word for word in words if word not in dull and not word.isdigit()]
    return "-".join(kept or plain[:1])


def _tail(scope: str) -> str:
    """What of a project's or host's name tells it apart: the end of a path, the first label of a host."""
    return scope.rpartition("/")[2].partition(".")[0]


def _scopes(case: Case, rows: Snapshots) -> Mapping[tuple[str, str], str]:
    """Projects and hosts on which anybody has rights or did something; hosts that differ in a number are one."""
    found: dict[tuple[str, str], str] = {}
    patterns: set[str] = set()
    places = {row.scope for row in rows.accounts}
    granted = ((grant.provider, grant.resource) for grant in rows.grants)
    used = ((one.provider, one.scope) for one in case.episodes if provider(one.provider).OPENS_HOSTS)
    for name, scope in dict.fromkeys((*granted, *used)):
        room = provider(name)
        if room.HOLDS_MANY:
            continue
        label, dot, domain = scope.partition(".")
        alike = re.sub(r"\d+$", "*", label) + dot + domain if room.OPENS_HOSTS else scope
        if (room.OPENS_HOSTS or "/" in alike or scope in places) and alike not in patterns:
            patterns.add(alike)
            found[name, scope] = alike
    return found


def _things(case: Case, rows: Snapshots) -> Mapping[tuple[str, str], Counter[str]]:
    """Names of resources by provider and account, where one holds many: what was changed, and what rights are on."""
    found: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for episode in case.episodes:
        if provider(episode.provider).HOLDS_MANY:
            for resource in episode.resources:
                found[episode.provider, episode.scope][resource.casefold()] += episode.changes
    for place, resource in _in_policies(rows):
        found[place][resource.casefold()] += 0
    return found


def _in_policies(rows: Snapshots) -> Iterator[tuple[tuple[str, str], str]]:
    accounts = {row.account: (row.provider, row.scope) for row in rows.accounts}
    many = {place for place in accounts.values() if provider(place[0]).HOLDS_MANY}
    for policy in rows.policies:
        place = accounts.get(policy.attached_to)
        if place is not None and place in many and policy.kind == "identity":
            yield from ((place, name) for name in _RESOURCE.findall(policy.document))
        elif policy.kind == "tags":
            yield from ((one, policy.attached_to) for one in many if one[1] in policy.attached_to)


def _tagged(rows: Snapshots, dull: frozenset[str]) -> Iterator[str]:
    for policy in rows.policies:
        if policy.kind == "tags":
            tags = json.loads(policy.document)
            for key, value in tags.items() if isinstance(tags, dict) else ():
                if key.casefold() in _TAGS and isinstance(value, str) and (name := _called(value, dull)):
                    yield name


def _often(things: Mapping[tuple[str, str], Counter[str]], dull: frozenset[str]) -> list[str]:
    """Words that several changed things have in their names."""
    counts: Counter[str] = Counter()
    for names in things.values():
        for resource, changes in names.items():
            words = set(re.findall(r"[a-z][a-z0-9]+", resource.rpartition(":")[2] if changes else ""))
            counts.update(word for word in words - _COMMON - dull if len(word) >= _SHORTEST)
    return [word for word, count in counts.most_common() if count >= _OFTEN]


def _place(one: Found, things: Mapping[tuple[str, str], Counter[str]]) -> None:
    """Where things of its name are: the accounts in which one was changed, or all where none was."""
    words = [one.id, *(word for word in one.id.split("-") if len(word) >= _SHORTEST)]
    words = [word for word in words if word not in _COMMON or one.tickets]
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for place, names in things.items():
        named = {word: [name for name in names if word in _own_name(name)] for word in words}
        if word := next((word for word, fits in named.items() if fits), None):
            found[place] = sum(names[name] for name in named[word]), word
    most = any(changes for changes, _ in found.values())
    for (room, scope), (changes, word) in found.items():
        if changes or not most:
            one.places.append(resource_entry(room, scope, f"*{word}*"))


def _own_name(resource: str) -> str:
    """A resource without what names its service and its account."""
    return resource.split(":", 5)[-1]


def _whole(things: Mapping[tuple[str, str], Counter[str]], placed: Iterable[Found], rows: Snapshots) -> Iterator[Found]:
    """Accounts of which no name tells a system: one of all that is in it."""
    claimed = {str(place.get("account")) for one in placed for place in one.places}
    scopes = {(row.provider, row.scope) for row in rows.accounts if provider(row.provider).HOLDS_MANY}
    for room, scope in sorted(scopes | set(things)):
        if scope not in claimed and scope.isdigit():
            yield Found(f"production-{scope}", [resource_entry(room, scope, "*")])
