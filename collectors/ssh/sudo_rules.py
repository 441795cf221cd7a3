"""Who may do what through sudo, and when, from `cvtsudoers -e -f json`, which merges files and fills in aliases."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import cache, partial
from typing import Any

from msgspec import Struct

from auditor.model.details import as_objects
from auditor.model.few import few
from auditor.model.written import written
from collectors.ssh.host_accounts import Login, group_names

_MOST = 5
# Rules for these groups stand in distributions' own files, whether a host has them or not.
_USUAL = frozenset({"admin", "sudo", "wheel"})
# With these sudo asks for the password of root, or of whoever is to be run as: who knows it needs no rule (`su`).
_ANOTHERS = ("targetpw", "rootpw", "runaspw")
_VERSION = re.compile(r"[-\d.]+$")
_known = cache(partial(written, __package__, "escapes", dict[str, frozenset[str]]))
_MOMENT = re.compile(r"(\d{10})(\d{2})?(\d{2})?(?:[.,]\d+)?(Z|[+-]\d{4})?")
# Without a zone it is the host's, of which this much is known: it is nowhere earlier, and nowhere later.
_AHEAD, _BEHIND = timedelta(hours=14), timedelta(hours=12)


class SudoRight(Struct, frozen=True):
    """What a login may run as root. `free` is anything at all; `words` says it for people."""

    login: str
    free: bool
    words: str


def sudo_rights(document: bytes, people: Iterable[Login], host: str, groups: str = "") -> list[SudoRight]:
    """The rights of each login on a host, one for each rule that applies to it; `groups` is what getent says of them.

    Raises:
        ValueError: it is not the JSON that cvtsudoers writes.
    """
    every = _all_rules(document, host, groups)
    everybody = {login.name: login for login in people}
    rules = {name: _usable(every, document, login, host) for name, login in everybody.items()}
    return [
        SudoRight(login.name, rule.free, "; ".join((*way, rule.words + through)))
        for login in everybody.values()
        for own, way in _becoming(login, rules, everybody)
        for rule, through in _held(own, rules[own.name])
        if rule.as_root and (not way or not rule.asks)
    ]


def untold_groups(document: bytes, host: str, groups: str) -> list[str]:
    """Whom sudo lets be root as members of something, of which it is not known who they are."""
    known = set(group_names(groups).values())
    named = [
        str(entry.get("usergroup") or entry.get("netgroup") or entry.get("nonunixgroup"))
        for rule in _usable(_all_rules(document, host, groups), document, None, host)
        if rule.free and rule.as_root
        for entry in rule.users
        if not entry.get("negated") and {"usergroup", "netgroup", "nonunixgroup"} & entry.keys()
    ]
    return list(dict.fromkeys(name for name in named if name not in known and not (known and name in _USUAL)))


def _all_rules(document: bytes, host: str, groups: str) -> list["_Rule"]:
    names = group_names(groups)
    try:
        specs = json.loads(document).get("User_Specs", [])
        rules = [rule for spec in specs if _on(spec.get("Host_List", []), host) for rule in _rules(spec)]
        for entry in (one for rule in rules for one in as_objects(rule.users) if "usergid" in one):
            # A group without a name is called by its number, as those of logins are.
            entry.setdefault("usergroup", names.get(str(entry["usergid"]), f"#{entry['usergid']}"))
    except (ValueError, AttributeError, TypeError) as error:
        raise ValueError("sudo's rules are not what cvtsudoers writes") from error
    return rules


def _usable(rules: Sequence["_Rule"], document: bytes, login: Login | None, host: str) -> list["_Rule"]:
    """The rules that take no other's password from a login, or from anybody."""
    wanted: dict[str, bool] = {}
    for entry in as_objects(json.loads(document).get("Defaults")):
        bound = as_objects(entry.get("Binding"))
        hosts = [one for one in bound if "hostname" in one]
        fits = _on(hosts, host) if hosts else login is not None and _through(bound, login) is not None
        if fits or not bound:
            for option in as_objects(entry.get("Options")):
                wanted |= {name: value is True for name, value in option.items()}
    anothers = any(wanted.get(name) for name in _ANOTHERS)
    return [rule for rule in rules if rule.takes_all or not (anothers and rule.asks)]


def _held(login: Login, rules: Iterable["_Rule"]) -> list[tuple["_Rule", str]]:
    """The rules that apply to a login, each with how it comes to it; the last one that fits a command counts."""
    found: list[tuple[_Rule, str]] = []
    for rule in rules:
        through = _through(rule.users, login)
        if through is not None and rule.takes_all:
            found = [one for one in found if one[0].as_root and not rule.as_root]
        elif through is not None:
            found.append((rule, through))
    return found


class _Rule(Struct, frozen=True):
    """Commands that users may run. `free` is anything at all; `asks` that sudo wants the password of who runs them.

    One that `takes_all` forbids every command.
    """

    users: Sequence[Mapping[str, Any]]
    runas: Sequence[Mapping[str, Any]]
    as_root: bool
    free: bool
    asks: bool
    words: str
    takes_all: bool = False


def _becoming(
    login: Login, rules: Mapping[str, Sequence[_Rule]], everybody: Mapping[str, Login]
) -> Iterator[tuple[Login, tuple[str, ...]]]:
    """A login, and others that sudo lets it be in all: each with the rules that lead there, in words."""
    found: dict[str, tuple[str, ...]] = {login.name: ()}
    waiting = [login.name]
    while waiting:
        name = waiting.pop(0)
        yield everybody[name], found[name]
        for rule in (
            rule for rule, _ in _held(everybody[name], rules[name]) if rule.free and not (found[name] and rule.asks)
        ):
            named = [str(one.get("username")) for one in rule.runas if not one.get("negated")]
            more = [one for one in named if one in everybody and one != "root" and one not in found]
            found |= {one: (*found[name], f"{rule.words} as {one}") for one in more}
            waiting += more


def _rules(spec: Mapping[str, Any]) -> Iterator[_Rule]:
    for rule in spec.get("Cmnd_Specs", []):
        commands = [entry for entry in rule.get("Commands", []) if "command" in entry]
        allowed = [str(entry["command"]) for entry in commands if not entry.get("negated")]
        options = rule.get("Options", [])
        noexec = any(option.get("noexec") is True for option in options)
        asks = not any(option.get("authenticate") is False for option in options)
        free = any(opens_root(command, noexec=noexec) for command in allowed)
        takes_all = any(entry["command"] == "ALL" and entry.get("negated") for entry in commands)
        if allowed or takes_all:
            users, runas = spec.get("User_List", []), rule.get("runasusers", [])
            words = _words(allowed, asks=asks)
            yield _Rule(users, runas, _as_root(rule), free, asks, words, takes_all=takes_all and not allowed)


def _words(allowed: list[str], *, asks: bool) -> str:
    listed = few(allowed, _MOST)
    return listed if asks else f"{listed} without a password"


def _as_root(rule: Mapping[str, Any]) -> bool:
    """Whether a rule lets run as root; without a word about it, it does."""
    if "runasusers" not in rule:
        return "runasgroups" not in rule
    users = rule["runasusers"]
    named = [(entry.get("username") or entry.get("userid"), bool(entry.get("negated"))) for entry in users]
    root = [negated for name, negated in named if name in ("root", "ALL", 0)]
    return bool(root) and not root[-1]


def _on(hosts: Sequence[Mapping[str, Any]], host: str) -> bool:
    """Whether a rule holds on the host: what is not plainly for another one does."""
    short = host.partition(".")[0]
    verdict = False
    for entry in hosts:
        name = entry.get("hostname")
        fits = name is None or name == "ALL" or any(fnmatchcase(own, str(name)) for own in (host, short))
        if fits:
            verdict = not entry.get("negated")
    return verdict


def _through(users: Sequence[Mapping[str, Any]], login: Login) -> str | None:
    """How a rule comes to a login, in words; None where it does not. The last entry that fits counts."""
    found: str | None = None
    for entry in users:
        words = _fits(entry, login)
        if words is not None:
            found = None if entry.get("negated") else words
    return found


def _fits(entry: Mapping[str, Any], login: Login) -> str | None:
    if entry.get("username") in (login.name, "ALL") or entry.get("userid") == login.number:
        return ""
    group = entry.get("usergroup")
    return f" (through the group {group})" if group in login.groups else None


def opens_root(command: str, *, noexec: bool = False) -> bool:
    """Whether a command of sudo's rules lets run anything as root; without arguments, a rule allows all of them."""
    known = _known()
    program, *words = command.split()
    name = _VERSION.sub("", program.rpartition("/")[2]) or program
    # Two quotes stand for no argument at all.
    open_ = not words or any("*" in word for word in words)
    named = [word for word in words if not word.startswith("-") and word != '""']
    if name in known["with_verbs"] and words:
        open_ &= "*" in words[0] or not known["writing"].isdisjoint(named)
    if name == "ALL":
        return True
    if name in ("visudo", "vipw"):
        return open_ or "-c" not in words
    if noexec:
        return open_ and name in known["editors"] | known["files"]
    if name == "su":
        return open_ or (named[:1] in ([], ["root"]) and "-c" not in words)
    if name in known["shells"]:
        return open_ or (not named and "-c" not in words)
    return name in known["interactive"] or (open_ and name in known["open"])


def in_force(document: bytes, at: datetime) -> bytes:
    """What cvtsudoers writes without the rules that do not hold at a time; they do wherever that is not certain.

    Raises:
        ValueError: it is not the JSON that cvtsudoers writes.
    """
    try:
        rules = json.loads(document)
        for spec in rules.get("User_Specs", []):
            commands = spec.get("Cmnd_Specs", [])
            spec["Cmnd_Specs"] = [one for one in commands if _holds(one.get("Options", []), at)]
    except (ValueError, AttributeError, TypeError) as error:
        raise ValueError("sudo's rules are not what cvtsudoers writes") from error
    return json.dumps(rules).encode()


def _holds(options: Iterable[Mapping[str, Any]], at: datetime) -> bool:
    told = {name: value for option in options for name, value in option.items()}
    begins, ends = _moment(told.get("notbefore"), -_AHEAD), _moment(told.get("notafter"), _BEHIND)
    return (begins is None or at >= begins) and (ends is None or at <= ends)


def _moment(told: object, unknown: timedelta) -> datetime | None:
    """A generalized time; where its zone is not told, as early or as late as it can be."""
    match = _MOMENT.fullmatch(str(told))
    if not match:
        return None
    hour, minute, second, zone = match.groups()
    try:
        moment = datetime.strptime(f"{hour}{minute or '00'}{second or '00'}{zone or 'Z'}", "%Y%m%d%H%M%S%z")
    except ValueError:
        return None
    return moment if zone else moment + unknown
