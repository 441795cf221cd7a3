"""Tailscale: its users and devices, and what its policy file lets them reach."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from auditor.config.sources.vpn import VpnGroups
from auditor.errors import SourceError
from auditor.model.details import as_object, as_objects, texts
from auditor.model.vocabulary import AccountKind, Capability, Level
from collectors.answers import Times, kept, secret
from collectors.base import Raw, missing
from collectors.reading import Origin, shaped
from collectors.vpn.members import Members, address_in
from collectors.web import Server

LISTS = {
    "users": "the scope users:read",
    "devices": "the scope devices:core:read",
    "acl": "the scope policy_file:read",
}
"""What is asked for of a tailnet, and what that takes."""
_PORTS = re.compile(r"(?P<place>.+?):(?P<ports>\*|[\d,-]+)")
_OPEN = ("active", "idle")
# Who may change the policy, and so reach whatever they like.
_ADMINS = ("owner", "admin", "network-admin")
# Nothing of production: one's own devices, other people's, and the way out.
_NO_PLACE = ("autogroup:self", "autogroup:member", "autogroup:internet")
_EVERYBODY = ("*", "autogroup:member", "autogroup:members")


class _User(Struct, frozen=True, kw_only=True):
    login: str = field(name="loginName")
    name: str | None = field(name="displayName", default=None)
    created: str | None = None
    role: str = "member"
    status: str = "active"
    type: str = "member"
    seen: str | None = field(name="lastSeen", default=None)


class _Device(Struct, frozen=True, kw_only=True):
    id: str = field(name="nodeId")
    name: str = field(name="hostname", default="")
    user: str = ""
    tags: tuple[str, ...] = ()
    expires: str | None = None
    endless: bool = field(name="keyExpiryDisabled", default=False)
    authorized: bool = True
    external: bool = field(name="isExternal", default=False)
    seen: str | None = field(name="lastSeen", default=None)


def answers(source: VpnGroups) -> Iterator[Raw]:
    """Users, devices and the policy of a tailnet; a sentence in place of what the token may not read.

    Raises:
        SourceError: an environment variable is not set, or the token is refused.
    """
    token = secret(source.name, source.token_env or "")
    if source.client_env:
        client = secret(source.name, source.client_env)
        server = Server.of_client("Tailscale", source.url, f"{source.url}/api/v2/oauth/token", client, token)
    else:
        server = Server.of("Tailscale", source.url, token=token)
    refused: list[SourceError] = []
    for name, needs in LISTS.items():
        origin = f"tailscale:{source.network}#{name}"
        try:
            answer = server.get(
                f"/api/v2/tailnet/{source.tailnet}/{name}", {}, f"reading the {name} of {source.tailnet}"
            )
        except SourceError as error:
            refused.append(error)
            yield missing(origin, f"{error.why}; it takes {needs}", name)
        else:
            yield kept(origin, name, answer.content)
    if len(refused) == len(LISTS):
        raise refused[0]


def read_users(members: Members, origin: Origin) -> None:
    """An account for each user; those who may change the policy can reach everything.

    People of other tailnets, with whom a device is shared, are no members of this one.
    """
    times = Times(origin.problems)
    for number, user in shaped(_listed(origin, "users"), _User, origin.problems, "users"):
        account, at = f"vpn:{user.login}", origin.at(number)
        members.account(
            at,
            account,
            kind=AccountKind.PERSON,
            name=user.name,
            email=address_in(user.login),
            created_at=times.read(user.created, "created", user.login),
            last_used_at=times.read(user.seen, "lastSeen", user.login),
            enabled=user.status in _OPEN,
        )
        if user.type == "shared":
            members.join(at, members.group(at, "autogroup:shared"), account)
            origin.remarks.note("of people of other tailnets, the devices that are shared with them are not read")
            continue
        members.join(at, members.group(at, "autogroup:member"), account)
        members.join(at, members.group(at, f"autogroup:{user.role}"), account)
        if user.role in _ADMINS:
            can = (Capability.MANAGE_ACCESS, Capability.NETWORK)
            members.grant(at, account, f"{user.role} of the tailnet", capabilities=can, level=Level.ADMIN)


def read_devices(members: Members, origin: Origin) -> None:
    """Each device of the tailnet's own is a way into its user's account, or into that of its tags."""
    times = Times(origin.problems)
    for number, device in shaped(_listed(origin, "devices"), _Device, origin.problems, "devices"):
        if device.external:
            continue
        at = origin.at(number)
        holders = [_tag(members, origin, number, tag) for tag in device.tags] or [f"vpn:{device.user}"]
        for holder in holders:
            members.credential(
                at,
                f"vpn-device:{device.id}",
                holder,
                kind="device",
                enabled=device.authorized,
                expires_at=None if device.endless else times.read(device.expires, "expires", device.name),
                last_used_at=times.read(device.seen, "lastSeen", device.name),
                comment=device.name,
            )


def read_policy(members: Members, origin: Origin) -> None:
    """Its groups, and a right for each place that a rule lets somebody reach or log in to."""
    policy = _parsed(origin.data)
    for name, people in as_object(policy.get("groups")).items():
        group = members.group(origin.at(), name)
        for login in texts(people):
            members.join(origin.at(), group, _principal(members, origin, 0, login))
    named = _named_places(policy)
    alone = "acls" not in policy and "grants" not in policy
    rules = as_objects(policy.get("acls"))
    if alone:
        rules = [{"src": ["*"], "dst": ["*:*"]}]  # what holds where nobody wrote a rule
        origin.remarks.note_once("it has no rules, so that everybody reaches everything")
    for number, rule in enumerate(rules):
        sources, written = texts(rule.get("src", rule.get("users"))), texts(rule.get("dst", rule.get("ports")))
        bare = {one: match["place"] if (match := _PORTS.fullmatch(one)) else one for one in written}
        _reach(members, origin, number, rule, sources, _spread(named, bare))
    for number, rule in enumerate(as_objects(policy.get("grants"))):
        if "ip" in rule:
            ports = ",".join(texts(rule["ip"]))
            places = {f"{one} {ports}": one for one in texts(rule.get("dst"))}
            _reach(members, origin, number, rule, texts(rule.get("src")), _spread(named, places))
    for number, rule in enumerate(as_objects(policy.get("ssh"))):
        logins = texts(rule.get("users"))
        level = Level.ADMIN if {"root", "*"} & set(logins) else Level.WRITE
        places = {f"{one} as {', '.join(logins)}": one for one in texts(rule.get("dst"))}
        shell = {"capabilities": (Capability.SHELL,), "level": level}
        _reach(members, origin, number, rule, texts(rule.get("src")), _spread(named, places), **shell)


def _named_places(policy: Mapping[str, Any]) -> dict[str, list[str]]:
    """What the policy's hosts and sets of addresses stand for; what a set leaves out of a range is not worked out."""
    hosts = {name: [place] for name, place in as_object(policy.get("hosts")).items() if isinstance(place, str)}
    sets: dict[str, list[str]] = {}
    for name, entries in as_object(policy.get("ipsets")).items():
        words = [(entry.removeprefix("add ").removeprefix("remove "), entry) for entry in texts(entries)]
        left = {place for place, entry in words if entry.startswith("remove ")}
        kept = [place.removeprefix("host:") for place, _ in words if place not in left]
        sets[name] = [one for place in kept for one in hosts.get(place, [place])]
    return {**hosts, **sets}


def _spread(named: Mapping[str, list[str]], places: Mapping[str, str]) -> dict[str, str]:
    """Places by how a rule writes them, each of a set by itself."""
    return {
        written if place == real or len(named[place]) == 1 else f"{written} ({real})": real
        for written, place in places.items()
        for real in named.get(place, [place])
    }


def _reach(
    members: Members,
    origin: Origin,
    number: int,
    rule: Mapping[str, Any],
    sources: list[str],
    places: Mapping[str, str],
    **told: Any,
) -> None:
    postures = texts(rule.get("srcPosture"))
    condition = f"only from devices that are {' or '.join(postures)}" if postures else None
    verb = "log in to" if told else "reach"
    for source in sources:
        principal = _principal(members, origin, number, source)
        for written, place in places.items():
            if place not in _NO_PLACE:
                resource = None if place == "*" else place
                members.grant(origin.at(number), principal, f"{verb} {written}", resource, condition=condition, **told)


def _principal(members: Members, origin: Origin, number: int, source: str) -> str:
    """Who a rule means: a person, a tag's devices, or a group; of addresses nobody is known, as of a group unread."""
    if source in _EVERYBODY:
        return members.group(origin.at(number), "autogroup:member")
    if source.startswith("tag:"):
        return _tag(members, origin, number, source)
    login = source.removeprefix("user:")
    if "@" in login and not login.startswith(("group:", "autogroup:")):
        members.account(origin.at(number), f"vpn:{login}", kind=AccountKind.PERSON, email=address_in(login))
        return f"vpn:{login}"
    return members.group(origin.at(number), source)


def _tag(members: Members, origin: Origin, number: int, tag: str) -> str:
    members.account(origin.at(number), f"vpn:{tag}", kind=AccountKind.SERVICE, name=tag, enabled=True)
    return f"vpn:{tag}"


def _parsed(data: bytes) -> dict[str, Any]:
    text = data.decode("utf-8-sig", "replace")
    try:
        policy = json.loads(text)
    except ValueError:
        import json5

        policy = json5.loads(text)
    if isinstance(policy, dict):
        return policy
    raise ValueError("it is no policy: it is no object")


def _listed(origin: Origin, name: str) -> list[Any]:
    found = as_object(json.loads(origin.data)).get(name)
    if isinstance(found, list):
        return found
    raise ValueError(f"it lists no {name}")
