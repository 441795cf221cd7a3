"""What wtmp remembers, as rows: logins over the network and their ends, without keys."""

import hashlib
import struct
from collections.abc import Iterator

from auditor.model.tables import Activity
from collectors.reading import Origin
from collectors.ssh.wtmp import Entry, entries


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
