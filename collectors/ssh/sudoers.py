"""sudoers as it is written, as the JSON that `cvtsudoers -e -f json` makes of it: aliases filled in, files merged."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_CONTINUED = re.compile(r"\\\n\s*")
_ALIAS = re.compile(r"(User|Runas|Host|Cmnd|Cmd)_Alias\s+(.*)")
# Before a command: tags, options such as `ROLE=x`, and the checksum that its program must have.
_TAG = re.compile(
    r"\s*(?:(NO)?(?:PASSWD|EXEC|SETENV|MAIL|FOLLOW|LOG_INPUT|LOG_OUTPUT|INTERCEPT)\s*:|\w+=\S+\s|sha\d{3}\s*:\s*\S+\s)"
)
_TIMES = re.compile(r"\s*(NOTBEFORE|NOTAFTER)=(\S+)")
# Up to a comma that is neither escaped nor within the brackets that hold whom a command is run as.
_ITEM = re.compile(r"(?:\\.|\([^()]*\)|[^,])+")
_NEXT_HOSTS = re.compile(r"(?<!\\)(?<!sha\d{3}):(?=(?:[^:=\\]|\\.)*=)")
_RUNAS = re.compile(r"\s*\(([^)]*)\)")
_DEFAULTS = re.compile(r"Defaults(?P<of>[@:!>]\S+)?\s+(?P<set>.+)")
_BOUND = {"@": "hostname", ":": "username", "!": "command", ">": "runasuser"}
_KINDS = {"User": "user", "Runas": "user", "Host": "host", "Cmnd": "command", "Cmd": "command"}
_INCLUDED = re.compile(r"^[@#]include(dir)?[ \t]+(.+?)[ \t]*$", re.MULTILINE)
_WHO = re.compile(r"((?:[^\s,\\]|\\.)+(?:\s*,\s*(?:[^\s,\\]|\\.)+)*)\s+(.+)")
_RULE = re.compile(
    r"(permit|deny)\s+(?:(?:nopass|nolog|persist|keepenv|setenv\s*\{[^}]*\})\s+)*(\S+)(?:\s+as\s+(\S+))?"
    r"(?:\s+cmd\s+(\S+))?(?:\s+args\b.*)?"
)
_UNASKED = re.compile(r"\s(?:nopass|persist)\s")


def parsed(texts: Iterable[str]) -> dict[str, Any]:
    """The user specifications of several files, in the order given, and the switches that are set for them.

    Raises:
        ValueError: a line is none that sudo would read.
    """
    every = [line for text in texts for line in _lines(text)]
    lines = [line for line in every if not line.startswith("Defaults")]
    aliases: dict[str, dict[str, list[str]]] = {"user": {}, "host": {}, "command": {}}
    for line in lines:
        if match := _ALIAS.fullmatch(line):
            for one in match[2].split(":"):
                name, _, members = one.partition("=")
                aliases[_KINDS[match[1]]][name.strip()] = _listed(members)
    return {
        "Defaults": [_switches(match, aliases) for match in map(_DEFAULTS.fullmatch, every) if match],
        "User_Specs": [spec for line in lines if not _ALIAS.fullmatch(line) for spec in _specs(line, aliases)],
    }


def included(text: str) -> Iterator[tuple[str, bool]]:
    """The files and folders that it includes, and of each whether it is a folder; `%h` is the host's short name."""
    for match in _INCLUDED.finditer(_CONTINUED.sub(" ", text)):
        path = re.sub(r"\\(.)", r"\1", match[2].strip('"'))
        yield (path if path.startswith("/") else f"/etc/{path}").rstrip("/"), bool(match[1])


def _lines(text: str) -> Iterator[str]:
    for line in _CONTINUED.sub(" ", text).splitlines():
        plain = re.sub(r"(?<!\\)#(?!\d).*", "", line).strip()
        if plain and not plain.startswith("@include"):
            yield plain


def _switches(match: re.Match[str], aliases: Mapping[str, Mapping[str, list[str]]]) -> dict[str, Any]:
    """What a line of Defaults turns on and off, and for whom; values are left out."""
    flags = [one for one in _listed(match["set"]) if re.fullmatch(r"!?\s*\w+", one)]
    found: dict[str, Any] = {"Options": [{name: not negated} for name, negated in _signed(flags)]}
    if not match["of"]:
        return found
    kind, names = _BOUND[match["of"][0]], _listed(match["of"][1:])
    if kind == "username":
        return {"Binding": [_user(name) for name in _filled(names, aliases["user"])], **found}
    listed = _filled(names, aliases["host"]) if kind == "hostname" else names
    return {"Binding": [{kind: name, **negated} for name, negated in _signed(listed)], **found}


def _specs(line: str, aliases: Mapping[str, Mapping[str, list[str]]]) -> Iterator[dict[str, Any]]:
    match = _WHO.fullmatch(line)
    if not match:
        raise ValueError(f"a line of sudoers is not understood: {line[:80]}")
    users = [_user(name) for name in _filled(_listed(match[1]), aliases["user"])]
    for part in _NEXT_HOSTS.split(match[2]):
        hosts, equals, commands = part.partition("=")
        if not equals:
            raise ValueError(f"a line of sudoers is not understood: {line[:80]}")
        names = [{"hostname": name, **negated} for name, negated in _signed(_filled(_listed(hosts), aliases["host"]))]
        yield {"User_List": users, "Host_List": names, "Cmnd_Specs": list(_commands(commands, aliases))}


def _commands(text: str, aliases: Mapping[str, Mapping[str, list[str]]]) -> Iterator[dict[str, Any]]:
    """Each command with whom it is run as, when, whether a password is asked and no program started.

    All of it holds for what follows too.
    """
    runas: dict[str, Any] = {}
    times: dict[str, dict[str, str]] = {}
    asked, noexec = True, False
    for one in _listed(text):
        rest = one
        if match := _RUNAS.match(rest):
            users, _, groups = match[1].partition(":")
            others = _filled(_listed(users), aliases["user"])
            runas = {"runasusers": [_user(name) for name in others]} if others else {}
            runas |= {"runasgroups": [{"usergroup": name} for name in _listed(groups)]} if groups.strip() else {}
            rest = rest[match.end() :]
        while match := _TAG.match(rest):
            asked = "NOPASSWD" not in match[0] and ("PASSWD" in match[0] or asked)
            noexec = "NOEXEC" in match[0] or ("EXEC" not in match[0] and noexec)
            if told := _TIMES.match(match[0]):
                times[told[1]] = {told[1].lower(): told[2]}
            rest = rest[match.end() :]
        entries = [
            {"command": name} | negated for name, negated in _signed(_filled([rest.strip()], aliases["command"]))
        ]
        yield {
            **runas,
            "Options": [{"authenticate": asked}, *([{"noexec": True}] if noexec else []), *times.values()],
            "Commands": entries,
        }


def _filled(names: Iterable[str], aliases: Mapping[str, list[str]], depth: int = 0) -> list[str]:
    found: list[str] = []
    for name in names:
        plain = name.lstrip("! ")
        inside = aliases.get(plain) if depth < 8 else None  # noqa: PLR2004 - aliases may name each other
        more = _filled(inside, aliases, depth + 1) if inside else [plain]
        # What is taken back twice is given.
        found += [f"!{one}".removeprefix("!!") if name.startswith("!") else one for one in more]
    return found


def _signed(names: Iterable[str]) -> Iterator[tuple[str, dict[str, bool]]]:
    for name in names:
        yield name.lstrip("! "), {"negated": True} if name.startswith("!") else {}


def _user(text: str) -> dict[str, Any]:
    (name, negated), *_ = _signed([text])
    plain = re.sub(r"\\(.)", r"\1", name)
    if plain.startswith("%#") and plain[2:].isdigit():
        return {"usergid": int(plain[2:]), **negated}
    if plain.startswith(("%", "+")):
        return {"usergroup" if plain[0] == "%" else "netgroup": plain[1:], **negated}
    return (
        {"userid": int(plain[1:]), **negated}
        if plain[1:].isdigit() and plain[0] == "#"
        else {"username": plain, **negated}
    )


def _listed(text: str) -> list[str]:
    return [one.strip() for one in _ITEM.findall(text) if one.strip()]


def doas_rules(text: str) -> bytes:
    """The rules of a doas.conf.

    Raises:
        ValueError: a line is none that doas would read.
    """
    return json.dumps({"User_Specs": list(_doas_specs(text))}).encode()


def _doas_specs(text: str) -> Iterator[dict[str, Any]]:
    for line in text.replace("\\\n", " ").splitlines():
        plain = line.partition("#")[0].strip()
        match = _RULE.fullmatch(plain)
        if plain and match is None:
            raise ValueError(f"a line of doas.conf is not understood: {plain[:80]}")
        if match is None:
            continue
        kind, name, target, command = match.groups()
        user = {"usergroup": name[1:]} if name.startswith(":") else {"username": name}
        entry = {"command": command or "ALL", **({"negated": True} if kind == "deny" else {})}
        rule = {
            "runasusers": [{"username": target or "ALL"}],
            "Options": [{"authenticate": _UNASKED.search(plain) is None}],
            "Commands": [entry],
        }
        yield {"User_List": [user], "Host_List": [{"hostname": "ALL"}], "Cmnd_Specs": [rule]}
