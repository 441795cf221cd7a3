"""wtmp, the record of logins that Linux keeps in binary: who, from where, on which terminal, from when to when."""

import hashlib
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from auditor.model.tables import Activity
from collectors.base import as_text
from collectors.reading import Origin

_HEAD = "hxxi32s4s32s256shh"
# 32-bit times, as x86-64 has them too; 64-bit times of ARM; those of IBM's mainframes.
_LAYOUTS = (f"<{_HEAD}iii4i20s", f"<{_HEAD}qqq4i20sxxxx", f">{_HEAD}qqq4i20sxxxx")
_USER, _DEAD = 7, 8
_LAST_TYPE = 9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Times outside of these years are no times.
_EARLIEST, _LATEST = 315_532_800, 4_102_444_800


class Entry(Struct, frozen=True):
    """A login or its end; an end has neither user nor address."""

    number: int
    time: datetime
    begins: bool
    user: str
    address: str
    tty: str
    pid: int


def layout_of(data: bytes) -> struct.Struct:
    """How the records are laid out.

    Raises:
        ValueError: in none of the ways that are known.
    """
    for layout in map(struct.Struct, _LAYOUTS):
        count = min(len(data) // layout.size, 3)
        if count and all(_plausible(layout, data, number) for number in range(count)):
            return layout
    raise ValueError("it is not laid out as wtmp is")


def entries(data: bytes, layout: struct.Struct) -> Iterator[Entry | int]:
    """Logins and ends of logins in their order; the number of a record that cannot be read."""
    whole = len(data) // layout.size
    for number in range(whole):
        kind, pid, line, _, user, host, _, _, _, seconds, micros, *_ = layout.unpack_from(data, number * layout.size)
        if not _plausible(layout, data, number):
            yield number
        elif kind in (_USER, _DEAD):
            moment = _EPOCH + timedelta(seconds=seconds, microseconds=micros % 1_000_000)
            yield Entry(number, moment, kind == _USER, _text(user), _text(host), _text(line), pid)
    if len(data) % layout.size:
        yield whole


def told(data: bytes, number: int) -> str:
    """A record in words.

    Raises:
        ValueError: it is no wtmp.
        IndexError: it has no such record.
    """
    layout = layout_of(data)
    if number >= len(data) // layout.size:
        raise IndexError(f"it has no record {number}")
    kind, pid, line, _, user, host, _, _, _, seconds, *_ = layout.unpack_from(data, number * layout.size)
    moment = (_EPOCH + timedelta(seconds=seconds)).isoformat()
    what = {_USER: "login", _DEAD: "logout"}.get(kind, f"type {kind}")
    return f"{moment} {what} user={_text(user)} from={_text(host)} terminal={_text(line)} process={pid}"


def _plausible(layout: struct.Struct, data: bytes, number: int) -> bool:
    fields = layout.unpack_from(data, number * layout.size)
    return bool(0 <= fields[0] <= _LAST_TYPE and _EARLIEST < fields[9] < _LATEST)


def _text(field: bytes) -> str:
    return as_text(field.split(b"\0", 1)[0])


def remembered(data: bytes, layout: struct.Struct, host: str, origin: Origin) -> Iterator[Activity]:
    """Logins and logouts, in their order."""
    begun: dict[str, Entry] = {}
    for entry in entries(data, layout):
        if isinstance(entry, int):
            origin.problems.reject("a record cannot be read", f"record {entry + 1}")
            continue
        login = entry if entry.begins else begun.pop(entry.tty, None)
        # Without an address it is the machine's own terminal; `:0` is its screen.
        if login is None or not login.address or login.address.startswith(":"):
            continue
        if entry.begins:
            begun[entry.tty] = entry
        yield _row(entry, login, host, origin)


def _row(entry: Entry, login: Entry, host: str, origin: Origin) -> Activity:
    session = f"ssh:{login.user}@{host}/{login.pid}/{login.time:%Y-%m-%dT%H:%M:%SZ}"
    action = "ssh:login" if entry.begins else "ssh:logout"
    told = f"{host}\x1f{action}\x1f{session}\x1f{login.tty}".encode("utf-8", "backslashreplace")
    return Activity(
        **origin.at(entry.number),
        event_id=hashlib.sha256(told).hexdigest()[:32],
        time=entry.time,
        provider="ssh",
        scope=host,
        account=f"ssh:{login.user}@{host}",
        actor=login.user,
        actor_kind="wtmp",
        session=session,
        action=action,
        category="login",
        level="read",
        outcome="ok",
        resource=host,
        source_ip=login.address,
    )
