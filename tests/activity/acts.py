"""Activity rows by hand, and a digest of them: Nina works on checkout in September 2026. Everybody is invented."""

from __future__ import annotations

import functools
import itertools
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from auditor.activity.digest import Digester, Stretch
from auditor.activity.engine import DuckDB
from auditor.activity.limits import EVERYTHING, Asked, Limits
from auditor.activity.results import Caller, Digest, Place, UsedAct
from auditor.case.allowed import Allowed
from auditor.model.arrow import to_arrow
from auditor.model.findings import Evidence
from auditor.model.groups import grouped
from auditor.model.tables import Activity
from auditor.model.tickets import TicketRef
from auditor.model.tickets import Window as ResolvedWindow
from auditor.model.vocabulary import ActorClass, Level, TicketKind, Work
from auditor.providers.registry import log_traits

AWS = "111122223333"
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
END = BEGIN + timedelta(days=30)
LIMITS = Limits(period_from=BEGIN, period_to=END)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

Window = tuple[str, str, datetime, datetime, bool, *tuple[Place, ...]]
_numbers = itertools.count(1)
_CLASSES = {
    "ci": ActorClass.PIPELINE,
    "backup": ActorClass.SERVICE,
    "lambda": ActorClass.PROVIDER,
    "glass": ActorClass.BREAK_GLASS,
    "root": ActorClass.ROOT,
}
_NOBODY = ("mallory", "eve")
_UNDECLARED = ("eve",)


def at(text: str) -> datetime:
    """`3 10:00` or `3 10:00:05` is the third of September 2026."""
    day, clock = text.split()
    hours, minutes, *seconds = map(float, clock.split(":"))
    return BEGIN + timedelta(days=int(day) - 1, hours=hours, minutes=minutes, seconds=sum(seconds))


def act(time: datetime | str, who: str = "nina", on: str | None = "checkout/api", **columns: Any) -> Activity:
    """A successful change by Nina with her own key, unless the columns say otherwise."""
    number = next(_numbers)
    account = f"arn:aws:iam::{AWS}:user/{who}"
    values: dict[str, Any] = {
        "source": "trail",
        "collected_at": END,
        "origin": "trail/a.json.gz",
        "record": number,
        "sha256": "ab" * 32,
        "event_id": f"e{number:06}",
        "provider": "aws",
        "scope": AWS,
        "account": account,
        "actor": account,
        "actor_kind": "IAMUser",
        "credential": f"AKIA{who.upper()}",
        "action": "ecs:UpdateService",
        "category": "change",
        "level": "write",
        "outcome": "ok",
        "resource": on,
        "source_ip": "203.0.113.7",
        "user_agent": "aws-cli/2",
    }
    return Activity(**{**values, "time": at(time) if isinstance(time, str) else time, **columns})


def look(time: datetime | str, who: str = "nina", on: str | None = "checkout/api", **columns: Any) -> Activity:
    """A successful read."""
    read = {"action": "ecs:DescribeServices", "category": "read", "level": "read"}
    return act(time, who, on, **{**read, **columns})


def ssh(time: datetime | str, what: str = "login", *, session: str | None = "web-1/s1", **columns: Any) -> Activity:
    """Something in Nina's sshd session on web-1, which belongs to checkout."""
    values = {
        "source": "sshd",
        "provider": "ssh",
        "scope": "web-1",
        "account": "ssh:nina@web-1",
        "actor": "nina",
        "actor_kind": None,
        "credential": "ssh-key:SHA256:nina",
        "session": session,
        "action": f"ssh:{what}",
        "category": "change" if what == "sudo" else "login",
    }
    return act(time, "nina", "checkout/web-1", **{**values, **columns})


def window(
    begin: str,
    end: str,
    *,
    person: str = "nina",
    system: str = "checkout",
    write: bool = True,
    only: tuple[Place, ...] = (),
) -> Window:
    """A window for Nina to change checkout."""
    return person, system, at(begin), at(end), write, *only


def digested(
    rows: Sequence[Activity],
    windows: Iterable[Window] = (),
    limits: Limits = LIMITS,
    parts: int = 1,
    connection: duckdb.DuckDBPyConnection | None = None,
    tolerance: timedelta = 5 * MINUTE,
    held: int = 20_000,
) -> Digest:
    """The digest of these rows, written in so many parts."""
    with tempfile.TemporaryDirectory() as folder, closing(connection or _database().cursor()) as opened:
        return finished(begun(rows, limits, folder, opened, parts, held), windows, limits, tolerance)


@functools.cache
def _database() -> duckdb.DuckDBPyConnection:
    """One for all digests: to start it takes longer than several steps. What each makes is its connection's own."""
    return duckdb.connect()


def finished(
    digester: Digester, windows: Iterable[Window] = (), limits: Limits = LIMITS, tolerance: timedelta = 5 * MINUTE
) -> Digest:
    """The digest that a digester comes to."""
    callers = digester.callers()
    digester.know(actors_of(callers))
    digester.place(_places(callers), _owner, _owners)
    return digester.digest(_windows(windows, limits, tolerance, callers))


def begun(
    rows: Sequence[Activity],
    limits: Limits,
    folder: str,
    connection: duckdb.DuckDBPyConnection,
    parts: int = 1,
    held: int = 20_000,
    asked: Asked = EVERYTHING,
) -> Digester:
    """A digester over these rows."""
    paths = written(rows, Path(folder), parts)
    # As a run does it; of several parts, as where little is asked of them.
    engine = DuckDB(connection, memory="500MB", temp=Path(folder), held=held)
    return Digester(engine, paths, limits, log_traits(), digested=parts == 1, asked=asked)


def written(rows: Sequence[Activity], folder: Path, parts: int = 1) -> list[str]:
    """These rows in so many parts, by their paths."""
    paths = [str(folder / f"{number}.parquet") for number in range(parts)] if rows else []
    for number, path in enumerate(paths):
        pq.write_table(to_arrow(Activity, rows[number::parts]), path)
    return paths


def person_of(account: str | None) -> str:
    """`nina` for her user and for her login on a host."""
    return (account or "?").rsplit("/", 1)[-1].removeprefix("ssh:").split("@")[0]


def actors_of(callers: Sequence[Caller]) -> list[dict[str, Any]]:
    """Who the callers are, as the digest takes it."""
    rows = []
    for caller in callers:
        name = person_of(caller.account)
        known = name not in _CLASSES and name not in _NOBODY
        kind = _CLASSES.get(name, ActorClass.PERSON if known else ActorClass.UNKNOWN)
        person = name if kind is ActorClass.PERSON else None
        undeclared = caller.account if name in _UNDECLARED else None
        rows.append(
            {
                "caller": caller.caller,
                "person": person,
                "actor_class": str(kind),
                "account": caller.account,
                "through": caller.invoked_by if (caller.invoked_by or "").startswith("vendor:") else None,
                "stranger": undeclared,
                "everywhere": False,
            }
        )
    return rows


def _places(callers: Sequence[Caller]) -> list[tuple[str, str]]:
    return sorted({(caller.provider, caller.scope) for caller in callers})


def _owner(provider: str, scope: str, resource: str | None) -> str | None:
    return resource.split("/")[0] if resource and "/" in resource else None


def _owners(provider: str, scope: str, resources: pa.Array) -> pa.Array:
    return pa.array([_owner(provider, scope, resource) for resource in resources.to_pylist()], pa.string())


def _windows(
    windows: Iterable[Window], limits: Limits, tolerance: timedelta, callers: Iterable[Caller]
) -> Iterator[Stretch]:
    refs = [_ref(*window) for window in windows]
    seen = grouped(dict.fromkeys((person_of(caller.account), caller.place) for caller in callers))
    return Allowed(refs, tolerance, END).writing(limits.period_from, limits.period_to, seen)


def _ref(person: str, system: str, begin: datetime, end: datetime, write: bool, *only: Place) -> TicketRef:
    level, name = Level.WRITE if write else Level.READ, f"T-{next(_numbers)}"
    claimed = ResolvedWindow(
        ticket=name, person=person, system=system, level=level, starts_at=begin, ends_at=end, only=only
    )
    return TicketRef(
        ticket=name,
        kind=TicketKind.ACCESS,
        work=Work.ROUTINE,
        requester=None,
        people=(person,),
        systems=(system,),
        level=level,
        approver=None,
        windows=(claimed,),
    )


def used(**columns: Any) -> UsedAct:
    """A way in which Nina did something once, unless the columns say otherwise."""
    values: dict[str, Any] = {
        "provider": "aws",
        "scope": AWS,
        "account": f"arn:aws:iam::{AWS}:user/nina",
        "actor_kind": "IAMUser",
        "credential": None,
        "opener": None,
        "person": "nina",
        "actor_class": ActorClass.PERSON,
        "invoked_by": None,
        "category": "change",
        "action": "ecs:UpdateService",
        "level": "write",
        "outcome": "ok",
        "resource": None,
        "permissions": None,
        "system": None,
        "events": 1,
        "recent": 0,
        "days": 1,
        "first_at": BEGIN,
        "last_at": BEGIN,
        "weekday": BEGIN.weekday(),
        "tickets": (),
        "sample": Evidence(source="trail", origin="trail/a.json.gz"),
    }
    return UsedAct(**{**values, **columns})
