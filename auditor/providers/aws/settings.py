"""What calls of AWS set: statements of policies, rules of security groups, what is attached, versions."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.model.details import as_list, as_object, as_objects, details
from auditor.providers.settings import Setting, flat

_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_GIVES = ("Attach", "Add", "Authorize")
_TAKES = ("Detach", "Remove", "Revoke")
# What is attached to whom, or who is put where, by the parameter that names it.
_GIVEN = {
    "Policy": ("policyArn", "policy"),
    "UserToGroup": ("groupName", "group"),
    "UserFromGroup": ("groupName", "group"),
    "RoleToInstanceProfile": ("roleName", "role"),
    "RoleFromInstanceProfile": ("roleName", "role"),
}
_VERSIONS = ("version", "versionId")


def setting(action: str, asked: Any, answered: Any) -> Setting:
    """What a call set."""
    params, name = as_object(asked), action.rpartition(":")[2]
    gives, takes = name.startswith(_GIVES), name.startswith(_TAKES)
    if gives or takes:
        came = tuple(_rules(name, params) if "SecurityGroup" in name else _given(name, params))
        if came:
            return Setting(gave=came if gives else (), took=came if takes else ())
    documents = [told for value in params.values() if (told := statements(value))]
    entries = {"policy": documents[0]} if documents else {}
    plain = {key: value for key, value in params.items() if not statements(value)}
    values = {key: text for key, text in flat(plain).items() if text != _HIDDEN and key != "overwrite"}
    versions = {key: str(value) for key, value in as_object(answered).items() if key in _VERSIONS}
    return Setting(
        of=str(params.get("policyName") or ""), values={**values, **versions}, before=_before(versions), entries=entries
    )


def _before(versions: Mapping[str, str]) -> dict[str, str]:
    """A parameter's versions are counted."""
    count = versions.get("version", "")
    return {"version": str(int(count) - 1)} if count.isdecimal() and int(count) > 1 else {}


def statements(document: Any) -> tuple[str, ...]:
    """The statements of a policy document, each as a line: `Allow ecs:* on *`; none where it is no document."""
    if not isinstance(document, str) or "Statement" not in document:
        return ()
    return tuple(_line(one) for one in as_objects(as_list(details(document).get("Statement"))))


def _line(statement: Mapping[str, Any]) -> str:
    parts = [str(statement.get("Effect", ""))]
    for word, name in (("", "Action"), ("on", "Resource"), ("by", "Principal")):
        for key, but in ((name, ""), (f"Not{name}", "all but ")):
            if key in statement:
                parts.append(f"{word} {but}{_listed(statement[key])}".strip())
    if condition := statement.get("Condition"):
        parts.append(f"if {json.dumps(condition, ensure_ascii=False, sort_keys=True)}")
    return " ".join(parts)


def _listed(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_listed(one)}" for key, one in sorted(value.items()))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _given(name: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for end, (key, word) in _GIVEN.items():
        if name.endswith(end) and isinstance(value := params.get(key), str):
            yield word, value


def _rules(name: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The rules of a call on a security group: `tcp 22 from 0.0.0.0/0`."""
    way = "to" if name.endswith("Egress") else "from"
    for rule in _items(params.get("ipPermissions")) or [dict(params)]:
        ports = _ports(rule)
        for key, inner in _SOURCES:
            for one in _items(rule.get(key)):
                if isinstance(place := one.get(inner), str):
                    yield "rule", f"{ports} {way} {place}"
        if isinstance(place := rule.get("cidrIp"), str):
            yield "rule", f"{ports} {way} {place}"


_SOURCES = (
    ("ipRanges", "cidrIp"),
    ("ipv6Ranges", "cidrIpv6"),
    ("groups", "groupId"),
    ("prefixListIds", "prefixListId"),
)


def _items(value: Any) -> list[dict[str, Any]]:
    """CloudTrail's lists stand in `items`."""
    return list(as_objects(as_object(value).get("items")))


def _ports(rule: Mapping[str, Any]) -> str:
    protocol, first, last = rule.get("ipProtocol", "-1"), rule.get("fromPort"), rule.get("toPort")
    if str(protocol) == "-1":
        return "anything"
    return f"{protocol} {first}" if first == last else f"{protocol} {first}-{last}"
