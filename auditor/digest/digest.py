"""Millions of events into the few things that rules judge.

Resolution happens between the steps, on small distinct sets: ask for the callers and their issues, say who they are,
ask for what they touched, say which systems that is, then digest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from auditor.digest import rows
from auditor.digest.limits import Limits
from auditor.digest.results import Caller, Deed, Digest, Earlier, Issue, Silence, Told, Touched
from auditor.digest.steps import Engine, Steps
from auditor.digest.windows import microseconds, stretches

_MICROSECOND = timedelta(microseconds=1)


class Digester:
    """The activity of a period, on its way to a digest.

    Args:
        engine: runs the steps.
        parts: Parquet parts of `activity`. What lies before the period helps to tell whose session is whose.
        limits: period and thresholds.
    """

    def __init__(self, engine: Engine, parts: Sequence[str], limits: Limits) -> None:
        self._engine = engine
        self._limits = limits
        self._steps = Steps(engine, _numbers(limits))
        engine.read("recorded", parts)
        self._steps.prepare("doubled")
        if any(engine.rows("SELECT event_id FROM doubled LIMIT 1")):
            self._steps.prepare("kept", "events")
        else:
            engine.view("events", "SELECT * FROM recorded")
        self._steps.prepare("handed_out", "acts", "callers", "called")

    def callers(self) -> list[Caller]:
        """Every distinct way in which events name who acted."""
        return [rows.caller(row) for row in self._engine.rows("SELECT * FROM callers ORDER BY caller")]

    def issues(self) -> list[Issue]:
        """Every session that a caller opened for itself, first opened first."""
        return [rows.issue(row) for row in self._steps.rows("issues")]

    def touched(self, actors: pa.Table) -> list[Touched]:
        """What callers of a judged class acted on in the period.

        Args:
            actors: columns caller, person (roster id or null), actor_class and account; one row for each caller.
        """
        self._give_actors(actors)
        return [Touched(**row) for row in self._steps.rows("touched")]

    def deeds(self, actors: pa.Table) -> list[Deed]:
        """The period's deeds alone, earliest first; as many a day as the limits allow.

        Args:
            actors: as for `touched`.
        """
        self._give_actors(actors)
        return [rows.deed(row) for row in self._steps.rows("deeds")]

    def moments(self, actors: pa.Table, placed: pa.Table, system: str, places: pa.Table) -> list[Told]:
        """What happened to one system in the period, act by act, earliest first; floods are counted.

        Args:
            actors: as for `touched`.
            placed: as for `digest`.
            system: its id.
            places: columns provider and scope: the accounts, projects and hosts that it lives in.
        """
        self._give_actors(actors)
        _unique("placed", placed, ("provider", "scope", "resource"))
        _unique("places", places, ("provider", "scope"))
        self._engine.give("placed", placed)
        self._engine.give("places", places)
        self._engine.give("asked", pa.table({"system": [system]}))
        return [rows.told(row) for row in self._steps.rows("moments")]

    def silences(self) -> list[Silence]:
        """Stretches of the period without any record of a scope."""
        self._steps.prepare("heard")
        return [rows.silence(row) for row in self._steps.rows("silences")]

    def digest(self, actors: pa.Table, placed: pa.Table, windows: pa.Table) -> Digest:
        """Episodes, deeds, uses and silences.

        Args:
            actors: as for `touched`.
            placed: columns provider, scope, resource and system; one row at most for each touched resource.
            windows: columns person, system, starts_at, ends_at and write.

        Raises:
            ValueError: when a caller or a resource stands in its table twice: its events would be counted twice.
        """
        self._give_actors(actors)
        _unique("placed", placed, ("provider", "scope", "resource"))
        self._engine.give("placed", placed)
        self._engine.give("windows", stretches(windows, self._limits))
        self._steps.prepare("hours", "judged_acts", "cells", "streams", "sittings", "parts")
        self._steps.prepare("traits", "counted", "pointers", "heard")
        deeds = list(self._steps.rows("deeds"))
        return Digest(
            episodes=tuple(rows.episode(row) for row in self._steps.rows("episodes")),
            deeds=tuple(rows.deed(row) for row in deeds),
            deeds_left_out=sum(self._left_out(row) for row in deeds),
            uses=tuple(rows.use(row) for row in self._steps.rows("uses")),
            silences=tuple(rows.silence(row) for row in self._steps.rows("silences")),
            turns=tuple(rows.turns(row) for row in self._steps.rows("turns")),
            heard=frozenset(row["scope"] for row in self._steps.rows("scopes")),
        )

    def _give_actors(self, actors: pa.Table) -> None:
        _unique("actors", actors, ("caller",))
        judged = pc.is_in(actors["actor_class"], pa.array([str(name) for name in self._limits.judged], pa.string()))
        self._engine.give("actors", actors)
        self._engine.give("judged", actors.filter(judged))
        self._steps.prepare("judged_calls")

    def _left_out(self, deed: Mapping[str, Any]) -> int:
        """How many deeds were cut after this one, the last of its sort and day."""
        last = deed["nth"] == self._limits.deeds_a_day
        return int(deed["altogether"] - deed["nth"]) if last else 0


def earlier(engine: Engine, parts: Sequence[str], sought: pa.Table) -> dict[int, Earlier]:
    """What was done last to the same thing in the same way before each of some acts, by the act's number.

    Args:
        engine: runs the step.
        parts: Parquet parts of `activity`.
        sought: columns act (its number), act_us (its time, microseconds since 1970), provider, scope, action, resource.
    """
    engine.read("recorded", parts)
    engine.give("sought", sought)
    return {row["act"]: rows.earlier(row) for row in Steps(engine, {}).rows("earlier")}


def _numbers(limits: Limits) -> dict[str, int]:
    """The limits as the steps name them, times and lengths in microseconds."""
    return {
        "period_from": microseconds(limits.period_from),
        "period_to": microseconds(limits.period_to),
        "gap": max(limits.session_gap // _MICROSECOND, 1),
        "max_silence": limits.max_silence // _MICROSECOND,
        "deeds_a_day": limits.deeds_a_day,
        "listed": limits.listed,
    }


def _unique(name: str, table: pa.Table, columns: tuple[str, ...]) -> None:
    if table.group_by(list(columns)).aggregate([]).num_rows != table.num_rows:
        raise ValueError(f"{name} holds a row twice: {', '.join(columns)} must be unique")
