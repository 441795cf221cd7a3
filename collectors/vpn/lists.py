"""Groups as a directory or a spreadsheet lists them: LDIF, and CSV with a member a line."""

import csv
import io
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from typing import Any

from auditor.model.vocabulary import AccountKind
from auditor.model.written import written
from collectors.reading import Origin
from collectors.times import time_or_day
from collectors.vpn.members import Members, address_in

_columns = cache(partial(written, __package__, "columns", dict[str, tuple[str, ...]]))
_SHUT = 2  # the bit of Active Directory's userAccountControl


def read_csv(members: Members, origin: Origin) -> None:
    """A membership for each line: columns `group` and `email` or `member`; `since`, `until`, `status` if there."""
    text = origin.data.decode("utf-8-sig", "replace")
    dialect = csv.Sniffer().sniff(text.partition("\n")[0], ",;\t")
    for number, record in enumerate(csv.DictReader(io.StringIO(text), dialect=dialect)):
        told = {re.sub(r"\W|_", "", name.casefold()): (value or "").strip() for name, value in _texts(record).items()}
        group, member = _first(told, "group"), _first(told, "member")
        if not number and group is None:
            raise ValueError("it has no columns `group` and `member`")
        if not (group and member):
            origin.problems.reject("a line names no group or no member", f"line {number + 2}")
            continue
        since, until = _moment(members, origin, number, told, "since"), _moment(members, origin, number, told, "until")
        at, name = origin.at(number), _opened(members, origin, number, group)
        is_in = _is_in(origin, number, _first(told, "state") or "")
        # Of whom a list tells only that they left, it is not known whether anything lets them in still.
        enabled = True if is_in and not (until and until <= members.at) else None
        members.account(at, f"vpn:{member}", kind=AccountKind.PERSON, email=address_in(member), enabled=enabled)
        if is_in:
            members.join(at, name, f"vpn:{member}", since, until)


def _moment(members: Members, origin: Origin, number: int, told: Mapping[str, str], name: str) -> datetime | None:
    """A time of a line; of a day its first moment, and of a last one the first after it."""
    if not (text := _first(told, name)):
        return None
    try:
        return time_or_day(text, members.zone, last=name == "until")
    except ValueError:
        origin.problems.note(f"{name} is no time and was left out", f"line {number + 2}")
        return None


def _is_in(origin: Origin, number: int, state: str) -> bool:
    """Whether a line's state says that somebody is let in; one that is not known counts as that, and is told."""
    word = state.casefold()
    if word not in (*_columns()["in"], *_columns()["out"]):
        origin.problems.note(f"the state {state!r:.40} is not known", f"line {number + 2}")
    return word not in _columns()["out"]


def read_ldif(members: Members, origin: Origin) -> None:
    """The groups of a directory's export and who is in them, also through groups; people by login and address."""
    from ldif import LDIFParser

    entries = {
        (dn or "").casefold(): (number, {name.casefold(): list(map(str, values)) for name, values in entry.items()})
        for number, (dn, entry) in enumerate(LDIFParser(io.BytesIO(origin.data)).parse())
    }
    by_login = {entry[1]["uid"][0].casefold(): entry for entry in entries.values() if entry[1].get("uid")}
    groups = {dn: entry for dn, entry in entries.items() if not entry[1].keys().isdisjoint(_columns()["members"])}
    for number, entry in groups.values():
        name = _opened(members, origin, number, _common(entry))
        for member in (one for kind in _columns()["members"] for one in entry.get(kind, ())):
            if member.casefold() in groups:
                inner, told = groups[member.casefold()]
                account = members.group(origin.at(inner), _common(told))
            else:
                # POSIX groups name people by their login.
                told_of = entries.get(member.casefold()) or by_login.get(member.casefold())
                account = _person(members, origin, number, member, told_of)
            members.join(origin.at(number), name, account)


def _opened(members: Members, origin: Origin, number: int, group: str) -> str:
    """A group by its account, with the right that it gives where it opens the VPN."""
    name = members.group(origin.at(number), group)
    wanted = {one.casefold() for one in members.source.groups}
    if not wanted or group.casefold() in wanted:
        members.grant(origin.at(number), name, "VPN group", group)
    return name


def _person(
    members: Members, origin: Origin, number: int, member: str, entry: tuple[int, Mapping[str, Any]] | None
) -> str:
    told = entry[1] if entry else {}
    # Of whom the export tells nothing more, the name's first part is what they are called.
    login = next((told[name][0] for name in _columns()["login"] if told.get(name)), None)
    login = login or member.partition(",")[0].rpartition("=")[2]
    mail = told.get("mail", [login])[0]
    control = told.get("useraccountcontrol", ["0"])[0]
    shut = control.isdecimal() and int(control) & _SHUT
    name = next(iter(told.get("displayname", told.get("cn", []))), login)
    members.account(
        origin.at(entry[0] if entry else number),
        f"vpn:{login}",
        kind=AccountKind.PERSON,
        name=name,
        email=address_in(mail),
        enabled=not shut,
    )
    return f"vpn:{login}"


def _common(entry: Mapping[str, Any]) -> str:
    return str(next(iter(entry.get("cn", ["(without a name)"]))))


def _texts(record: Mapping[Any, Any]) -> dict[str, str]:
    return {name: value for name, value in record.items() if isinstance(name, str) and isinstance(value, str)}


def _first(told: Mapping[str, str], what: str) -> str | None:
    return next((told[name] for name in _columns()[what] if name in told), None)
