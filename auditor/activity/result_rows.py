"""Rows that the steps return, as results: columns by their names, times by those of their microseconds."""

from array import array
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from typing import Any, TypeVar

from msgspec import Struct

from auditor.activity.results import AlternatingUse, Episode, KeyUse, Silence, UsedAct
from auditor.activity.times import moment
from auditor.model.findings import Evidence
from auditor.model.vocabulary import ActorClass

Record = Mapping[str, Any]
T = TypeVar("T", bound=Struct)

_LISTS = (
    "change_actions",
    "login_targets",
    "login_addresses",
    "actions",
    "resources",
    "services",
    "source_ips",
    "user_agents",
)
_TIMES = {
    "time": "us",
    "until": "until_us",
    "first_at": "first_us",
    "last_at": "last_us",
    "starts_at": "starts_us",
    "ends_at": "ends_us",
    "uncovered_from": "uncovered_from_us",
    "uncovered_to": "uncovered_to_us",
    "from_": "from_us",
    "to": "to_us",
}


def result(kind: type[T], row: Record, **others: Any) -> T:
    """A row as a result; `others` are the fields that are not columns as they are."""
    columns, times = _columns(kind.__struct_fields__)
    fields = {name: row[name] for name in columns if name in row}
    fields |= {name: _moment(row[column]) for name, column in times}
    if "actor_class" in fields:
        fields["actor_class"] = ActorClass(fields["actor_class"])
    if "evidence" in columns:
        fields["evidence"] = _evidence(row)
    return kind(**fields | others)


@cache
def _columns(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The fields of a result that are columns as they are, and those that are times, each with its column."""
    return tuple(n for n in names if n not in _TIMES), tuple((n, _TIMES[n]) for n in names if n in _TIMES)


def episode(row: Record) -> Episode:
    """A row of episodes."""
    lists = {name: tuple(_shared(told["value"]) for told in row[name] or ()) for name in _LISTS}
    spans = ((told["first_us"], told["last_us"]) for told in row["login_targets"] or ())
    sample, *more = (_evidence(told["sample"]) for told in row["samples"])
    return result(
        Episode,
        row,
        sample=sample,
        more_samples=tuple(more),
        login_us=array("q", chain.from_iterable(spans)),
        drawn=row["stretches"] or (),
        **lists,
    )


@lru_cache(maxsize=65536)
def _shared(value: str) -> str:
    """The same text once, where it recurs: interned texts would take as much again where hardly any does."""
    return value


def _evidence(row: Record) -> Evidence:
    """Where the raw record of a row is."""
    return Evidence(
        source=row["source"], origin=row["origin"], record=row["record"], sha256=row["sha256"], event_id=row["event_id"]
    )


def silence(row: Record) -> Silence:
    """A row of silences."""
    return result(Silence, row, at_start=bool(row["at_start"]), at_end=bool(row["at_end"]))


def key_use(row: Record) -> KeyUse:
    """A row of a robot's key's uses."""
    return result(KeyUse, row, sample=_evidence(row))


def used_act(row: Record, system: str | None) -> UsedAct:
    """A row of what accounts did, with the system that it was done to."""
    tickets = tuple(dict.fromkeys(one for one in (row["first_ticket"], row["last_ticket"]) if one))
    return result(UsedAct, row, system=system, tickets=tickets, sample=_evidence(row["sample"]))


def alternating_use(row: Record) -> AlternatingUse:
    """A row of alternating uses."""
    return result(
        AlternatingUse,
        row,
        sample=_evidence(row),
        addresses=tuple(dict.fromkeys((row["one_address"], row["other_address"]))),
        programs=tuple(dict.fromkeys((row["one_agent"], row["other_agent"]))),
    )


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else moment(microseconds)
