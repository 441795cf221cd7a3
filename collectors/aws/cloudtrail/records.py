"""CloudTrail records as columns of the activity table. Whatever a record's shape, it becomes a row or a reason."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa
from msgspec.structs import astuple

from auditor.evidence.staging import by_day
from auditor.model.arrow import TIME
from auditor.model.details import as_object
from auditor.model.tables import Activity
from auditor.model.vocabulary import Act
from collectors.agents import agent_in
from collectors.aws.cloudtrail import agents
from collectors.aws.cloudtrail.callers import Callers
from collectors.aws.cloudtrail.columns import Numbers, array_of, spread, table_of
from collectors.aws.cloudtrail.foreign import NO_EVENTS
from collectors.aws.cloudtrail.identity import Caller
from collectors.aws.cloudtrail.kinds import Kind, Kinds
from collectors.aws.cloudtrail.opened import ids_made, session_opened
from collectors.aws.cloudtrail.outcomes import FAILED, OK, OUTCOMES, REFUSED, outcome_of, signed_in
from collectors.aws.cloudtrail.owners import owners_of
from collectors.aws.cloudtrail.resources import answered_resource, listed_arns, own_resource, refused_resource, resource
from collectors.aws.cloudtrail.shapes import NOTHING, Record, loose, text
from collectors.detail import detail
from collectors.reading import Origin
from collectors.times import parse_utc

SHARED = "shared:"
"""How what two accounts' logs have of one call is marked, before the id that CloudTrail gives both."""

_FIRST_MOMENT = "0001-01-01T00:00:00Z"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KNOWN_VERSIONS = frozenset(f"1.{minor:02}" for minor in range(12)) | {None}
_COLUMNS = {
    "record": pa.int64(),
    **dict.fromkeys(("event_id", "issued", "issued_credential", "resource", "owner", "request", "detail"), pa.string()),
    **dict.fromkeys(("file", "who", "act", "scope", "source_ip", "user_agent", "outcome"), pa.int32()),
}
"""Columns beside the time as they are collected; numbers stand for what recurs."""


@dataclass(slots=True)
class Progress:
    """How far an object's records were read: the number of the next one, and how many are no events."""

    origin: Origin
    number: int = 0
    insights: int = 0


@dataclass(frozen=True, slots=True)
class _Events:
    """Records that are events, each with its number in the object and its time in microseconds since 1970.

    `told` has what they say by field, as columns.
    """

    records: Sequence[Record]
    told: dict[str, Sequence[Any]]
    numbers: Sequence[int]
    times: pa.Int64Array


class _Asked(dict[tuple[Any, ...], str | None]):
    """What requests name, each worked out once: by service, region, account, request, and ARNs of other services."""

    def __missing__(self, key: tuple[Any, ...]) -> str | None:
        service, region, scope, request, listed = key
        found = self[key] = resource(service, region, scope, loose(request), listed)
        return found


class Rows:
    """Collects the rows of one table, column by column. Callers, calls and programs recur: rows hold their numbers."""

    def __init__(self, source: str, collected_at: datetime) -> None:
        self._constants = {"source": source, "collected_at": collected_at, "provider": "aws"}
        self._files: list[tuple[str, str]] = []
        self._times: list[pa.Int64Array] = []
        self._kept: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
        self._callers, self._kinds, self._asked = Callers(), Kinds(), _Asked()
        self._moments: dict[str, int] = {}
        self._scopes, self._addresses, self._programs = Numbers(), Numbers(), Numbers()
        self._agents: list[str | None] = []

    def __len__(self) -> int:
        return len(self._kept["file"])

    def begin(self, origin: Origin) -> None:
        """The rows that follow come from this object."""
        self._files.append((origin.raw.origin, origin.sha256))

    def extend(self, records: Sequence[Record | str], progress: Progress) -> int:
        """Add the object's next records, and say how many became rows; the others are its problems."""
        found = self._events(records, progress)
        progress.number += len(records)
        events, told = found.records, found.told
        if not events:
            return 0
        programs = list(map(self._programs.__getitem__, told["user_agent"]))
        self._agents.extend(agent_in(program) for (program,) in self._programs.distinct[len(self._agents) :])
        agent_of = map(self._agents.__getitem__, programs)
        who = self._callers.numbers(told["user_identity"], agent_of, told["source_ip"], told["user_agent"])
        if not self._callers.untold.isdisjoint(who):
            self._note_untold(who, found.numbers, progress.origin)
        named = zip(told["event_source"], told["event_name"], told["read_only"], strict=True)
        kinds = list(map(self._kinds.__getitem__, named))
        special = [row for row, kind in enumerate(kinds) if kind.special]
        for row in special:
            kinds[row] = self._kinds.as_asked(kinds[row], events[row])
        scopes = self._scopes_of(told["recipient_account_id"], who)
        outcomes = [outcome_of(code) if code else OK for code in told["error_code"]]
        extras = _extras(events, kinds, special, outcomes)
        targets = self._targets(kinds, special, scopes, told)
        for row in [row for row, one in enumerate(outcomes) if one == REFUSED and targets[row] is None]:
            targets[row] = refused_resource(events[row].error_message)
        self._add(
            times=found.times,
            event_id=_ids(told["event_id"], told["addendum"]),
            scope=list(map(self._scopes.__getitem__, scopes)),
            who=who,
            act=[kind.act for kind in kinds],
            outcome=outcomes,
            resource=targets,
            owner=owners_of(kinds, targets, scopes, told["resources"]),
            source_ip=list(map(self._addresses.__getitem__, told["source_ip"])),
            user_agent=programs,
            request=self._requests(told["request_id"], who, told["shared_event_id"]),
            record=found.numbers,
            **extras,
        )
        for row in special:
            if kinds[row].lists_calls:
                self._add_calls(events[row], found, row, scopes[row], outcomes[row])
        return len(events)

    def _add(self, *, times: pa.Int64Array, **columns: Iterable[Any]) -> None:
        """Add rows of the object that was begun last; a column that is empty or left out is null throughout."""
        self._times.append(times)
        columns["file"] = itertools.repeat(len(self._files) - 1, len(times))
        for name, rows in self._kept.items():
            rows.extend(columns.get(name) or itertools.repeat(None, len(times)))

    def _events(self, records: Sequence[Record | str], progress: Progress) -> _Events:
        """The records that are events; the others are counted."""
        whole = [record for record in records if isinstance(record, Record)]
        if whole and len(whole) == len(records):
            told = _columns(whole)
            alike = _written_alike(told["event_time"])
            known = _KNOWN_VERSIONS.issuperset(told["event_version"]) and NO_EVENTS.isdisjoint(told["event_category"])
            if alike is not None and known:
                return _Events(whole, told, range(progress.number, progress.number + len(records)), alike)
        found, numbers, times = [], [], []
        for number, record in enumerate(records, progress.number):
            if isinstance(record, str):
                progress.origin.problems.reject(record, f"record {number}")
                continue
            if record.event_category in NO_EVENTS:
                progress.insights += 1
                continue
            if record.event_version not in _KNOWN_VERSIONS:
                new = f"event version {str(record.event_version)[:20]} is new here"
                progress.origin.remarks.note(new, f"record {number}")
            time = self._time(record.event_time, number, progress.origin)
            if time is not None:
                found.append(record)
                numbers.append(number)
                times.append(time)
        return _Events(found, _columns(found), numbers, pa.array(times, pa.int64()))

    def _note_untold(self, who: Sequence[int], numbers: Sequence[int], origin: Origin) -> None:
        for by, number in zip(who, numbers, strict=True):
            if by in self._callers.untold:
                origin.problems.note("who made the call is not told: no userIdentity", f"record {number}")

    def _time(self, moment: str, number: int, origin: Origin) -> int | None:
        """Microseconds since 1970; None for a time that cannot be relied on, which is counted."""
        time = self._moments.get(moment)
        if time is None:
            try:
                time = self._moments[moment] = (parse_utc(moment) - _EPOCH) // _MICROSECOND
            except ValueError as error:
                why = f"its eventTime {moment[:40]!r} is not a time that can be relied on: {error}"
                origin.problems.reject(why, f"record {number}")
        return time

    def _scopes_of(self, accounts: Sequence[str | None], who: Sequence[int]) -> Sequence[str | None]:
        """The account whose log each event stands in; of old records, the caller's."""
        if all(accounts):
            return accounts
        callers = self._callers.distinct
        return [one or callers[by].scope or "unknown" for one, by in zip(accounts, who, strict=True)]

    def _requests(
        self, ids: Sequence[str | None], who: Sequence[int], shared: Sequence[str | None]
    ) -> list[str | None]:
        """The ids of requests that AWS's server made for an agent, and of calls in two accounts' logs; else none."""
        served = self._callers.through_server
        if not served and not any(shared):
            return []
        marks = [f"{SHARED}{one}" if one else None for one in shared]
        return [one if by in served else mark for one, by, mark in zip(ids, who, marks, strict=True)]

    def _targets(
        self,
        kinds: Sequence[Kind],
        special: Sequence[int],
        scopes: Sequence[str | None],
        told: Mapping[str, Sequence[Any]],
    ) -> list[str | None]:
        """What events were done to: as their `resources` name it, else their requests, else their responses."""
        listed, regions, asked = told["resources"], told["aws_region"], told["request_parameters"]
        answered = told["response_elements"]
        found = [
            own_resource(kind.service, entries) if entries else None
            for kind, entries in zip(kinds, listed, strict=True)
        ]
        for row in [row for row, target in enumerate(found) if target is None]:
            others = tuple(listed_arns(listed[row])) if listed[row] else ()
            key = kinds[row].service, regions[row], scopes[row], bytes(asked[row]), others
            named = self._asked[key]
            found[row] = named if named and "arn:" in named else answered_resource(answered[row], named)
        for row in special:
            if kinds[row].answers:
                found[row] = answered_resource(answered[row], found[row])
        return found

    def _add_calls(self, event: Record, found: _Events, row: int, scope: str | None, outcome: int) -> None:
        """Add the calls that a record lists, made by its caller through AWS's server."""
        listed = list(agents.calls(event))
        if not listed:
            return
        length, program = len(listed), self._programs[event.user_agent]
        who = self._callers.through(event.user_identity, agents.SERVER)
        kinds = [self._kinds[call.event_source, call.event_name, None] for call in listed]
        self._add(
            times=found.times.take(pa.array([row] * length, pa.int64())),
            event_id=[agents.event_id(call.request) for call in listed],
            scope=[self._scopes[scope]] * length,
            who=[who] * length,
            act=[kind.act for kind in kinds],
            outcome=[outcome] * length,
            source_ip=[self._addresses[event.source_ip]] * length,
            user_agent=[program] * length,
            request=[call.request for call in listed],
            record=[found.numbers[row]] * length,
        )

    def tables(self) -> list[pa.Table]:
        """The rows as Arrow tables of Activity, one for each day; columns of what recurs are dictionaries."""
        times = pa.concat_arrays(self._times).view(TIME)
        columns = {name: array_of(self._kept[name], kind) for name, kind in _COLUMNS.items()}
        rows = pa.table({"time": times, **columns})
        return [self._table(of_day.combine_chunks()) for _, of_day in by_day(rows, "time")]

    def _table(self, rows: pa.Table) -> pa.Table:
        columns = {name: rows[name].chunk(0) for name in rows.column_names}
        who, act, file = (columns.pop(name) for name in ("who", "act", "file"))
        scope, address, program, outcome = (
            columns.pop(name) for name in ("scope", "source_ip", "user_agent", "outcome")
        )
        columns |= spread(Caller._fields, self._callers.distinct, who)
        columns |= spread(Act._fields, self._kinds.acts, act)
        columns |= spread(("origin", "sha256"), self._files, file)
        columns |= spread(("scope",), self._scopes.distinct, scope)
        columns |= spread(("source_ip",), self._addresses.distinct, address)
        columns |= spread(("user_agent",), self._programs.distinct, program)
        columns |= spread(("outcome",), OUTCOMES, outcome)
        return table_of(Activity, columns, self._constants, len(rows))


def _extras(
    events: Sequence[Record], kinds: Sequence[Kind], special: Sequence[int], outcomes: list[int]
) -> dict[str, list[str | None]]:
    """Sessions opened, their keys, and details, of the kinds that need a second look; it may tell of a failure."""
    nothing: list[str | None] = [None] * len(events)
    issued, credentials, details = nothing.copy(), nothing.copy(), nothing.copy()
    for row in special:
        event, kind = events[row], kinds[row]
        if kind.signs_in and outcomes[row] == OK and not signed_in(event):
            outcomes[row] = FAILED
        if kind.opens_session and outcomes[row] == OK:
            issued[row], credentials[row] = session_opened(event)
        if kind.detailed:
            asked = loose(event.request_parameters)
            made = ids_made(event) if outcomes[row] == OK else {}
            details[row] = detail({**as_object(asked), **made} if made else asked)
    return {"issued": issued, "issued_credential": credentials, "detail": details}


def _ids(ids: Sequence[str | None], added: Sequence[msgspec.Raw]) -> Sequence[str | None]:
    """The ids of events; what is told once more, with what was missing or wrong, is the event that it is told of."""
    if all(one is NOTHING for one in added):
        return ids
    first = (text(as_object(loose(one)).get("originalEventID")) for one in added)
    return [known or one for known, one in zip(first, ids, strict=True)]


def _columns(records: Sequence[Record]) -> dict[str, Sequence[Any]]:
    return dict(zip(Record.__struct_fields__, zip(*map(astuple, records), strict=True), strict=True)) if records else {}


def _written_alike(moments: Sequence[str]) -> pa.Int64Array | None:
    """Microseconds since 1970, all at once where each is written as CloudTrail writes times; else None."""
    # Arrow knows a year 0, which Python does not.
    if set(map(len, moments)) != {len(_FIRST_MOMENT)} or min(moments) < _FIRST_MOMENT:
        return None
    try:
        return pa.array(moments, pa.string()).cast(TIME).view(pa.int64())
    except pa.ArrowInvalid:
        return None
