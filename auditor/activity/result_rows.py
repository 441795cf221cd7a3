"""Rows that the steps return, as results."""

from collections.abc import Mapping
from datetime import datetime
from sys import intern
from typing import Any

from auditor.activity.results import (
    AlternatingUse,
    Caller,
    Earlier,
    Episode,
    IncidentEvent,
    Issue,
    JudgedEvent,
    Silence,
    Use,
)
from auditor.activity.times import moment
from auditor.model.findings import Evidence
from auditor.model.vocabulary import ActorClass, Level

Record = Mapping[str, Any]

_LEVELS = tuple(Level)
_LISTS = ("change_actions", "login_targets", "login_addresses", "actions", "resources", "source_ips", "user_agents")


def caller(row: Record) -> Caller:
    """A row of callers."""
    return Caller(**_same(Caller, row), first_at=moment(row["first_us"]), last_at=moment(row["last_us"]))


def issue(row: Record) -> Issue:
    """A row of issues."""
    return Issue(**_same(Issue, row), time=moment(row["us"]))


def episode(row: Record) -> Episode:
    """A row of episodes."""
    fields = _same(Episode, row) | {
        "actor_class": ActorClass(row["actor_class"]),
        "level": _LEVELS[row["level"]],
        "starts_at": moment(row["starts_us"]),
        "ends_at": moment(row["ends_us"]),
        "uncovered_from": _moment(row["uncovered_from_us"]),
        "uncovered_to": _moment(row["uncovered_to_us"]),
        "sample": Evidence(event_id=row["event_id"], **row["pointer"]),
    }
    for name in _LISTS:
        fields[name] = tuple(intern(told["value"]) for told in row[name] or ())
    return Episode(**fields)


def judged_event(row: Record) -> JudgedEvent:
    """A row of judged_events."""
    fields = _same(JudgedEvent, row) | {"actor_class": ActorClass(row["actor_class"])}
    return JudgedEvent(**fields, time=moment(row["us"]), evidence=Evidence(**_same(Evidence, row)))


def incident_event(row: Record) -> IncidentEvent:
    """A row of moments."""
    fields = _same(IncidentEvent, row) | {"actor_class": ActorClass(row["actor_class"])}
    evidence = Evidence(**_same(Evidence, row))
    return IncidentEvent(**fields, time=moment(row["us"]), until=moment(row["until_us"]), evidence=evidence)


def earlier(row: Record) -> Earlier:
    """A row of earlier."""
    return Earlier(**_same(Earlier, row), time=moment(row["us"]), evidence=Evidence(**_same(Evidence, row)))


def use(row: Record) -> Use:
    """A row of uses."""
    return Use(**_same(Use, row), first_at=moment(row["first_us"]), last_at=moment(row["last_us"]))


def silence(row: Record) -> Silence:
    """A row of silences."""
    fields = _same(Silence, row) | {"at_start": bool(row["at_start"]), "at_end": bool(row["at_end"])}
    return Silence(**fields, from_=moment(row["from_us"]), to=moment(row["to_us"]))


def turns(row: Record) -> AlternatingUse:
    """A row of turns."""
    return AlternatingUse(
        **_same(AlternatingUse, row),
        sample=Evidence(**_same(Evidence, row)),
        first_at=moment(row["first_us"]),
        last_at=moment(row["last_us"]),
        addresses=tuple(dict.fromkeys((row["one_address"], row["other_address"]))),
        programs=tuple(dict.fromkeys((row["one_agent"], row["other_agent"]))),
    )


def _same(result: type, row: Record) -> dict[str, Any]:
    """The columns that a result has fields of the same name for."""
    return {name: row[name] for name in result.__slots__ if name in row}  # type: ignore[attr-defined]


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else moment(microseconds)
