"""Millions of events into the few things that rules judge.

Resolution happens between the steps, on small distinct sets: ask for the callers and their issues, say who they are,
ask for what they touched, say which systems that is, then digest.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from auditor.activity import result_rows as rows
from auditor.activity.limits import Limits, LogTraits
from auditor.activity.results import Caller, Digest, Earlier, IncidentEvent, Issue, JudgedEvent, Silence, Touched, Use
from auditor.activity.steps import Engine, Steps
from auditor.activity.times import microseconds
from auditor.model.vocabulary import SAFEGUARDS

NO_LOG_STORES = pa.schema([(name, pa.string()) for name in ("provider", "scope", "resource")]).empty_table()
"""What keeps an audit trail, where nothing does."""
_MICROSECOND = timedelta(microseconds=1)


class Digester:
    """The activity of a period, on its way to a digest.

    Args:
        engine: runs the steps.
        parts: Parquet parts of `activity`. What lies before the period helps to tell whose session is whose.
        limits: period and thresholds.
        traits: what is peculiar to the providers' logs.
    """

    def __init__(self, engine: Engine, parts: Sequence[str], limits: Limits, traits: LogTraits) -> None:
        self._engine = engine
        self._limits = limits
        self._steps = Steps(engine, _values(limits, traits))
        engine.read("recorded", parts)
        if any(engine.rows("SELECT event_id FROM recorded WHERE request IS NOT NULL LIMIT 1")):
            engine.read("stored", parts)
            self._steps.prepare("recorded")
        self._steps.prepare("duplicate_events")
        if any(engine.rows("SELECT event_id FROM duplicate_events LIMIT 1")):
            self._steps.prepare("first_copies", "events")
        else:
            engine.view("events", "SELECT * FROM recorded")
        self._steps.prepare("issued_credentials", "acts", "callers", "caller_acts")

    def callers(self) -> list[Caller]:
        """Every distinct way in which events name who acted."""
        return [rows.result(Caller, row) for row in self._engine.rows("SELECT * FROM callers ORDER BY caller")]

    def issues(self) -> list[Issue]:
        """Every session that a caller opened for itself, first opened first."""
        return [rows.result(Issue, row) for row in self._steps.rows("opened_sessions")]

    def touched(self, actors: pa.Table) -> list[Touched]:
        """What callers of a judged class acted on in the period.

        Args:
            actors: columns caller, person (roster id or null), actor_class, account and through (what acts itself in
                their session, or null); one row for each caller.
        """
        self._give_actors(actors)
        return [Touched(**row) for row in self._steps.rows("touched_resources")]

    def judged_events(self, actors: pa.Table) -> list[JudgedEvent]:
        """The period's judged_events alone, earliest first; as many a day as the limits allow.

        Args:
            actors: as for `touched`.
        """
        self._give_actors(actors)
        self._engine.give("log_stores", NO_LOG_STORES)
        return [rows.result(JudgedEvent, row) for row in self._steps.rows("judged_events")]

    def broker_acts(self, actors: pa.Table) -> list[JudgedEvent]:
        """What access brokers were asked and answered in the period, and the rights they then gave, earliest first.

        Args:
            actors: as for `touched`.
        """
        self._give_actors(actors)
        return [rows.result(JudgedEvent, row) for row in self._steps.rows("broker_acts")]

    def moments(self, actors: pa.Table, placed: pa.Table, system: str, places: pa.Table) -> list[IncidentEvent]:
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
        return [rows.result(IncidentEvent, row) for row in self._steps.rows("incident_events")]

    def silences(self) -> list[Silence]:
        """Stretches of the period without any record of a scope."""
        self._steps.prepare("scope_minutes")
        return [rows.silence(row) for row in self._steps.rows("silences")]

    def digest(
        self, actors: pa.Table, placed: pa.Table, windows: pa.Table, log_stores: pa.Table = NO_LOG_STORES
    ) -> Digest:
        """Episodes, judged_events, uses and silences.

        Args:
            actors: as for `touched`.
            placed: columns provider, scope, resource and system; one row at most for each touched resource.
            windows: the stretches of the period in which people may change systems: columns person, system, opens_at
                and closes_at (UTC, in microseconds), both ends included; those of one person and system are disjoint.
            log_stores: what keeps an audit trail: columns provider, scope and resource; each once.

        Raises:
            ValueError: when a caller or a resource stands in its table twice: its events would be counted twice.
        """
        self._give_actors(actors)
        _unique("placed", placed, ("provider", "scope", "resource"))
        _unique("log_stores", log_stores, ("provider", "scope", "resource"))
        self._engine.give("placed", placed)
        self._engine.give("log_stores", log_stores)
        self._engine.give("windows", _in_microseconds(windows))
        self._steps.prepare("window_hours", "judged_acts", "act_groups", "streams", "episode_slots", "episode_groups")
        self._steps.prepare("episode_traits", "episode_counts", "episode_secrets", "sample_pointers", "scope_minutes")
        self._steps.prepare("networks", "network_uses")
        judged_events = list(self._steps.rows("judged_events"))
        return Digest(
            episodes=tuple(rows.episode(row) for row in self._steps.rows("episodes")),
            judged_events=tuple(rows.result(JudgedEvent, row) for row in judged_events),
            events_left_out=sum(self._left_out(row) for row in judged_events),
            uses=tuple(rows.result(Use, row) for row in self._steps.rows("uses")),
            silences=tuple(rows.silence(row) for row in self._steps.rows("silences")),
            alternating_uses=tuple(rows.alternating_use(row) for row in self._steps.rows("alternating_uses")),
            key_uses=tuple(rows.key_use(row) for row in self._steps.rows("robot_uses")),
            heard=frozenset(row["scope"] for row in self._steps.rows("scopes")),
        )

    def _give_actors(self, actors: pa.Table) -> None:
        _unique("actors", actors, ("caller",))
        judged = pc.is_in(actors["actor_class"], pa.array([str(name) for name in self._limits.judged], pa.string()))
        self._engine.give("actors", actors)
        self._engine.give("judged", actors.filter(judged))
        self._steps.prepare("judged_caller_acts")

    def _left_out(self, event: Mapping[str, Any]) -> int:
        """How many judged_events were cut after this one, the last of its sort and day."""
        last = event["nth"] == self._limits.events_a_day
        return int(event["altogether"] - event["nth"]) if last else 0


def earlier(engine: Engine, parts: Sequence[str], sought: pa.Table) -> dict[int, Earlier]:
    """What was done last to the same thing in the same way before each of some acts, by the act's number.

    Args:
        engine: runs the step.
        parts: Parquet parts of `activity`.
        sought: columns act (its number), act_us (its time, microseconds since 1970), provider, scope, action, resource.
    """
    engine.read("recorded", parts)
    engine.give("sought", sought)
    return {row["act"]: rows.result(Earlier, row) for row in Steps(engine, {}).rows("earlier_acts")}


def _values(limits: Limits, traits: LogTraits) -> dict[str, int | str]:
    """Limits and traits as the steps name them, times and lengths in microseconds."""
    return {
        "period_from": microseconds(limits.period_from),
        "period_to": microseconds(limits.period_to),
        "gap": max(limits.session_gap // _MICROSECOND, 1),
        "max_silence": limits.max_silence // _MICROSECOND,
        "events_a_day": limits.events_a_day,
        "kept": limits.kept,
        "listed": limits.listed,
        "never_silent": _texts(traits.never_silent),
        "shells": _texts(traits.shells),
        "own_services": _texts(traits.own_services),
        "own_programs": _text("|".join(traits.own_programs)),
        "temporary": _text("|".join(f"^{start}" for start in traits.temporary)),
        "object_reads": _texts(traits.object_reads),
        "secrets_listed": _cases("concat(acted.action, ' ', acted.resource)", traits.secrets_listed),
        "batch_reads": _texts(traits.batch_reads),
        "safeguards": _texts(sorted(SAFEGUARDS)),
        "session_requests": _texts(traits.session_requests),
        "console_sign_ins": _texts(traits.console_sign_ins),
    }


def _texts(texts: Iterable[str]) -> str:
    return ", ".join(map(_text, texts))


def _cases(matched: str, values: Iterable[tuple[str, int]]) -> str:
    """The value of the first pattern that matches an expression; 0 where none does."""
    cases = (f"WHEN regexp_matches({matched}, {_text(pattern)}) THEN {value}" for pattern, value in values)
    return f"CASE {' '.join(cases)} ELSE 0 END"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _in_microseconds(windows: pa.Table) -> pa.Table:
    """Windows with their ends as the steps have times."""
    ends = {f"{end}_us": windows[f"{end}_at"].cast(pa.int64()) for end in ("opens", "closes")}
    return pa.table({"person": windows["person"], "system": windows["system"], **ends})


def _unique(name: str, table: pa.Table, columns: tuple[str, ...]) -> None:
    if table.group_by(list(columns)).aggregate([]).num_rows != table.num_rows:
        raise ValueError(f"{name} holds a row twice: {', '.join(columns)} must be unique")
