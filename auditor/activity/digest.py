"""Millions of events into the few things that rules judge.

Resolution happens between the steps, on small distinct sets: ask for the callers and their issues, say who they are,
ask for what they touched, say which systems that is, then digest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from auditor.activity import result_rows as rows
from auditor.activity.limits import EVERYTHING, Asked, Limits, LogTraits
from auditor.activity.results import Caller, Digest, Earlier, IncidentEvent, Issue, JudgedEvent, Place, Silence, UsedAct
from auditor.activity.steps import TEXT, Engine, Steps
from auditor.activity.times import microseconds, moment
from auditor.activity.values import condition, values
from auditor.model.groups import grouped

if TYPE_CHECKING:
    from auditor.activity.owned import Owners

Owner = Callable[[str, str, str | None], str | None]
Stretch = tuple[str, str, Place | None, datetime, datetime]
_FEW = 5_000
_SERVED = "SELECT event_id FROM recorded WHERE request IS NOT NULL AND request NOT LIKE 'shared:%' LIMIT 1"
# Columns of nothing but null are not read for it: they are asked one by one.
_ELSEWHERE = (
    "SELECT event_id FROM told_once WHERE owner IS NOT NULL LIMIT 1",
    "SELECT event_id FROM told_once WHERE request IS NOT NULL AND request LIKE 'shared:%' LIMIT 1",
)
_FEW_EVENTS = "SELECT count(*) FROM recorded HAVING count(*) <= 200000"
_FEW_ACTS = "SELECT sum(events) FROM callers HAVING sum(events) <= 200000"
_PLACES = {"provider": TEXT, "scope": TEXT}
_THINGS = {**_PLACES, "resource": TEXT}
_WINDOWS = {"person": TEXT, "system": TEXT, **_PLACES, "opens_us": "BIGINT", "closes_us": "BIGINT"}
_SOUGHT = {"act": "BIGINT", "since_us": "BIGINT", "act_us": "BIGINT", **_PLACES, "action": TEXT, "resource": TEXT}
_ACTORS = {
    "caller": "BIGINT",
    **dict.fromkeys(("person", "actor_class", "account", "through", "stranger", "opener"), TEXT),
    "everywhere": "BOOLEAN",
    "whole_of": TEXT,
}


class Digester:
    """The activity of a period, on its way to a digest.

    Args:
        parts: Parquet parts of `activity`. What lies before the period helps to tell whose session is whose.
        traits: what is peculiar to the providers' logs.
        digested: whether a digest is asked for: it goes through acts many times, which are numbered and kept for it.
        asked: what is asked for.
    """

    def __init__(
        self,
        engine: Engine,
        parts: Sequence[str],
        limits: Limits,
        traits: LogTraits,
        *,
        digested: bool = False,
        asked: Asked = EVERYTHING,
    ) -> None:
        self._engine = engine
        self._traits = traits
        engine.read("recorded", parts)
        self._asked = condition(asked, engine)
        self._steps = Steps(engine, values(limits, traits, self._asked))
        if any(engine.rows(_SERVED)):
            engine.read("stored", parts)
            self._steps.prepare("recorded")
        self._steps.prepare("duplicate_events")
        if any(engine.rows("SELECT event_id FROM duplicate_events LIMIT 1")):
            self._steps.prepare("first_copies", "told_once")
        else:
            engine.view("told_once", "SELECT * FROM recorded")
        if any(any(engine.rows(sought)) for sought in _ELSEWHERE):
            self._steps.prepare("shared_calls", "events")
        else:
            engine.view("events", "SELECT * FROM told_once")
        self._steps.prepare("issued_credentials")
        few = asked != EVERYTHING and any(engine.rows(_FEW_EVENTS))
        self._steps.hold("acts") if few else self._steps.prepare("acts")  # what is asked for is found once, or streams
        self._steps.prepare("callers")
        if few or (asked != EVERYTHING and any(engine.rows(_FEW_ACTS))):
            self._steps.hold("caller_acts")
        else:
            self._steps.prepare("caller_acts")
        self._numbered = False
        if digested:
            self._number()
        else:
            engine.view("named_acts", "SELECT * FROM caller_acts")

    def callers(self) -> list[Caller]:
        """Every distinct way in which events name who acted."""
        return [rows.result(Caller, row) for row in self._engine.rows("SELECT * FROM callers ORDER BY caller")]

    def issues(self, names: Collection[str]) -> list[Issue]:
        """Every session that a caller opened for itself and that was used, first opened first.

        Args:
            names: what callers are called, as far as sessions are known by it.
        """
        self._engine.few("session_names", {"name": TEXT}, ({"name": name} for name in sorted(names)))
        return [rows.result(Issue, row) for row in self._steps.rows("opened_sessions")]

    def know(self, actors: Sequence[Mapping[str, Any]]) -> None:
        """Say who is behind each caller.

        Args:
            actors: by column: caller, person (roster id or null), actor_class, account, through (what acts itself in
                their session, or null), stranger (the name by which auditor.yaml would know what it does not declare,
                or null), opener (the account that opened their session, or null), everywhere (whether their episodes
                are judged on what no system claims too) and whole_of (the system that has all of their account, project
                or host but for what others claim of it, or null); one row for each caller.

        Raises:
            ValueError: when a caller stands there twice: their events would be counted twice.
        """
        _unique("actors", actors, ("caller",))
        self._engine.few("actors", _ACTORS, actors)
        self._steps.prepare("judged")
        if self._numbered:
            self._steps.prepare("judged_caller_acts")
        else:
            self._steps.prepare("judged_named_acts")
            self._engine.view("judged_caller_acts", "SELECT * FROM judged_named_acts")

    def place(self, claimed: Collection[Place], owner: Owner, owners: Owners, acts: str = "judged_caller_acts") -> None:
        """Say which system each thing belongs to that was acted on in the period.

        Args:
            claimed: where systems claim things one by one.
            owner: the system of a thing, its id or None, by provider, scope and name.
            owners: the same of many things of one place at once.
            acts: a step, by name: those of judged callers, or others.
        """
        self._engine.few("claimed", _PLACES, _by_place(claimed))
        if not claimed:
            self._engine.few("placed", {**_THINGS, "system": TEXT}, ())
            return
        self._engine.view("touching_acts", f"SELECT provider, scope, resource FROM {acts}")  # noqa: S608 - a step
        self._steps.prepare("touched_resources")
        things = list(self._engine.rows(f"SELECT * FROM touched_resources LIMIT {_FEW + 1}"))  # noqa: S608 - a number
        if len(things) <= _FEW:
            found = ((one, owner(one["provider"], one["scope"], one["resource"])) for one in things)
            placed = ({**one, "system": system} for one, system in found if system)
            self._engine.few("placed", {**_THINGS, "system": TEXT}, placed)
        else:
            from auditor.activity.owned import owned  # late: Arrow is worth its start for many things alone

            for name, rows in owned(self._engine.batches("SELECT * FROM touched_resources"), owners).items():
                self._engine.give(name, rows)
            self._steps.prepare("placed")

    def judged_events(self) -> list[JudgedEvent]:
        """The period's judged_events alone, earliest first; as many a day as the limits allow."""
        self._engine.few("log_stores", _THINGS, ())
        return [rows.result(JudgedEvent, row) for row in self._steps.rows("judged_events")]

    def broker_acts(self) -> list[JudgedEvent]:
        """What access brokers were asked and answered in the period, and the rights they then gave, earliest first."""
        return [rows.result(JudgedEvent, row) for row in self._steps.rows("broker_acts")]

    def log_mentions(self) -> Mapping[str, list[str]]:
        """What was acted on that may name what keeps a log, by provider."""
        return grouped((row["provider"], row["resource"]) for row in self._steps.rows("log_mentions"))

    def moments(self, system: str, places: Collection[Place], stretch: Limits | None = None) -> list[IncidentEvent]:
        """What happened to one system in the period or a stretch of it, act by act, earliest first.

        Floods are counted.
        """
        self._engine.few("places", _PLACES, _by_place(places))
        self._engine.few("asked", {"system": TEXT}, [{"system": system}])
        return [rows.result(IncidentEvent, row) for row in self._of(stretch).rows("incident_events")]

    def account_acts(self, accounts: Collection[str]) -> None:
        """Say whose acts are asked for."""
        self._engine.few("asked_accounts", {"account": TEXT}, ({"account": one} for one in sorted(accounts)))
        self._steps.prepare("account_acts")
        self._engine.view("used", "SELECT * FROM account_acts")

    def on_systems(self, systems: Collection[str]) -> None:
        """Ask only for what was done to some systems: where each thing belongs has been said."""
        self._engine.few("asked_systems", {"system": TEXT}, ({"system": one} for one in sorted(systems)))
        self._steps.prepare("account_acts_on_systems")
        self._engine.view("used", "SELECT * FROM account_acts_on_systems")

    def used_acts(self, owner: Owner) -> list[UsedAct]:
        """What is asked for, each way of it once, earliest first."""
        found = self._steps.rows("used_acts")
        return [
            rows.used_act(row, owner(row["provider"], row["scope"], row["resource"]) or row["whole_of"])
            for row in found
        ]

    def silences(self, stretch: Limits | None = None) -> list[Silence]:
        """Times without any record of a scope, in the period or a stretch of it."""
        steps = self._of(stretch)
        steps.prepare("scope_spans")
        return [rows.silence(row) for row in steps.rows("silences")]

    def hearing(self) -> tuple[list[Silence], frozenset[str]]:
        """Times of the period without any record of a scope, and the scopes of which there is any."""
        return self.silences(), self._heard()

    def digest(self, windows: Iterable[Stretch], log_names: Collection[tuple[str, str]] = ()) -> Digest:
        """Episodes, judged_events, last uses and silences.

        Args:
            windows: the stretches of the period in which people may change systems: person, system, the place or None
                for all of it, beginning and end, both ends included; no two of one person, system and place touch.
            log_names: what keeps an audit trail, each by its provider and name.
        """
        if not self._numbered:
            self._number()
            self._steps.prepare("judged_caller_acts")
        named = ({"provider": provider, "name": name} for provider, name in log_names)
        self._engine.few("log_names", {"provider": TEXT, "name": TEXT}, named)
        if log_names:
            self._steps.prepare("log_stores")
        else:
            self._engine.few("log_stores", _THINGS, ())
        self._engine.few("windows", _WINDOWS, map(_window, windows))
        self._steps.prepare("window_hours", "placed_acts", "streams", "judged_acts", "active_slots", "stream_slots")
        self._engine.forget("active_slots")
        self._steps.prepare("sitting_secrets")
        self._steps.prepare("bulk_reads", "sittings", "judged_sittings", "episode_bound", "episode_sittings")
        self._engine.forget("sittings", "judged_sittings", "bulk_reads")
        self._steps.prepare("episode_slots", "episode_stretches", "episode_secrets")
        self._engine.forget("stream_slots", "episode_sittings", "sitting_secrets")
        self._steps.prepare("episode_acts", "episode_groups", "named_moments", "named_things")
        self._steps.prepare("login_targets", "kept_targets", "trait_places")
        self._steps.prepare("episode_traits", "episode_counts", "told_moments")
        self._engine.forget("episode_groups", "login_targets", "kept_targets", "trait_places")
        self._steps.prepare("told_acts", "episode_openings", "episode_samples")
        self._engine.forget("episode_slots", "told_moments", "told_acts")
        self._steps.prepare("scope_spans", "networks", "network_keys", "network_uses", "robot_uses")
        events, found = [], 0
        for row in self._steps.rows("judged_events"):
            events.append(rows.result(JudgedEvent, row))
            found = row["found"]
        return Digest(
            episodes=tuple(rows.episode(row) for row in self._steps.rows("episodes")),
            judged_events=tuple(events),
            events_left_out=found - len(events),
            last_used={row["credential"]: moment(row["last_us"]) for row in self._steps.rows("last_uses")},
            silences=tuple(rows.silence(row) for row in self._steps.rows("silences")),
            alternating_uses=tuple(rows.alternating_use(row) for row in self._steps.rows("alternating_uses")),
            key_uses=tuple(rows.key_use(row) for row in self._steps.rows("shown_robot_uses")),
            heard=self._heard(),
        )

    def _number(self) -> None:
        """Number what was done, from where and with which program, and let acts be read by these numbers."""
        self._steps.prepare("deeds", "addresses", "programs")
        self._steps.keep("numbered_acts")
        self._steps.prepare("named_acts")
        self._numbered = True

    def _of(self, stretch: Limits | None) -> Steps:
        """The steps with the limits of a stretch of the period, where one is asked for."""
        return Steps(self._engine, values(stretch, self._traits, self._asked)) if stretch else self._steps

    def _heard(self) -> frozenset[str]:
        return frozenset(row["scope"] for row in self._steps.rows("scopes"))


def earlier(engine: Engine, parts: Sequence[str], sought: Iterable[Mapping[str, Any]]) -> dict[int, Earlier]:
    """What was done last to the same thing in the same way before each of some acts, by the act's number.

    Args:
        engine: runs the step.
        parts: Parquet parts of `activity`.
        sought: by column: act (its number), since_us and act_us (since when, and its time, in microseconds since 1970),
            provider, scope, action and resource.
    """
    engine.few("sought", _SOUGHT, sought)
    engine.read("recorded", parts)
    return {row["act"]: rows.result(Earlier, row) for row in Steps(engine, {}).rows("earlier_acts")}


def _by_place(places: Iterable[Place]) -> Iterator[Mapping[str, str]]:
    return ({"provider": provider, "scope": scope} for provider, scope in places)


def _window(stretch: Stretch) -> Mapping[str, Any]:
    person, system, place, opens, closes = stretch
    where = dict(zip(_PLACES, place or (None, None), strict=True))
    times = {"opens_us": microseconds(opens), "closes_us": microseconds(closes)}
    return {"person": person, "system": system, **where, **times}


def _unique(name: str, rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...]) -> None:
    if len({tuple(row[column] for column in columns) for row in rows}) != len(rows):
        raise ValueError(f"{name} holds a row twice: {', '.join(columns)} must be unique")
