"""Rows that the steps return, as results."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from auditor.digest.results import Caller, Deed, Episode, Issue, Silence, Use
from auditor.digest.windows import moment
from auditor.model.findings import Evidence
from auditor.model.vocabulary import ActorClass, Level

Record = Mapping[str, Any]

_LEVELS = tuple(Level)
_CALLER = (
    "caller",
    "provider",
    "scope",
    "account",
    "actor",
    "actor_kind",
    "credential",
    "on_behalf_of",
    "invoked_by",
    "events",
)
_EPISODE = (
    "person", "account", "actor", "session", "credential", "provider", "scope", "system",
    "events", "logins", "reads", "changes", "denied", "uncovered",
)  # fmt: skip
_DEED = (
    "event_id", "person", "provider", "scope", "account", "actor", "credential", "category", "action", "outcome",
    "resource", "source_ip", "user_agent", "invoked_by", "ticket", "detail",
)  # fmt: skip
_TRAITS = ("actions", "resources", "source_ips", "user_agents")
_EVIDENCE = ("event_id", "source", "origin", "record", "sha256")


def caller(row: Record) -> Caller:
    """A row of callers."""
    return Caller(**_picked(row, _CALLER), first_at=moment(row["first_us"]), last_at=moment(row["last_us"]))


def issue(row: Record) -> Issue:
    """A row of issues."""
    return Issue(**_picked(row, ("caller", "issued", "issued_credential")), time=moment(row["us"]))


def episode(row: Record) -> Episode:
    """A row of episodes."""
    traits: dict[str, Any] = {name: tuple(told["value"] for told in row[name] or ()) for name in _TRAITS}
    return Episode(
        **_picked(row, _EPISODE),
        **traits,
        actor_class=ActorClass(row["actor_class"]),
        starts_at=moment(row["starts_us"]),
        ends_at=moment(row["ends_us"]),
        level=_LEVELS[row["level"]],
        uncovered_from=_moment(row["uncovered_from_us"]),
        uncovered_to=_moment(row["uncovered_to_us"]),
        sample=Evidence(event_id=row["event_id"], **row["pointer"]),
    )


def deed(row: Record) -> Deed:
    """A row of deeds."""
    return Deed(
        **_picked(row, _DEED),
        time=moment(row["us"]),
        actor_class=ActorClass(row["actor_class"]),
        evidence=Evidence(**_picked(row, _EVIDENCE)),
    )


def use(row: Record) -> Use:
    """A row of uses."""
    return Use(
        **_picked(row, ("name", "kind", "events")), first_at=moment(row["first_us"]), last_at=moment(row["last_us"])
    )


def silence(row: Record) -> Silence:
    """A row of silences."""
    return Silence(
        source=row["source"],
        scope=row["scope"],
        from_=moment(row["from_us"]),
        to=moment(row["to_us"]),
        at_start=bool(row["at_start"]),
        at_end=bool(row["at_end"]),
    )


def _picked(row: Record, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else moment(microseconds)
