"""CloudTrail records as columns of the activity table. Whatever a record's shape, it becomes a row or a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from auditor.evidence.staging import by_day
from auditor.model.arrow import TIME
from auditor.model.details import as_object
from auditor.model.tables import Activity
from auditor.model.vocabulary import Act, Outcome
from collectors.agents import agent_in
from collectors.aws.cloudtrail import agents
from collectors.aws.cloudtrail.columns import Numbers, spread, table_of
from collectors.aws.cloudtrail.foreign import NO_EVENTS
from collectors.aws.cloudtrail.identity import Caller, caller, service_caller
from collectors.aws.cloudtrail.kinds import Kind, Kinds
from collectors.aws.cloudtrail.opened import ids_made, session_opened
from collectors.aws.cloudtrail.resources import answered_resource, listed_arns, own_resource, resource
from collectors.aws.cloudtrail.shapes import NOTHING, Identity, Record, loose
from collectors.aws.cloudtrail.typed import identity_of
from collectors.detail import detail
from collectors.reading import Origin
from collectors.times import parse_utc

_MOMENT = r"^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DENIED = ("AccessDenied", "UnauthorizedOperation", "UnauthorizedAccess", "NotAuthorized", "Forbidden")
_KNOWN_VERSIONS = frozenset(f"1.{minor:02}" for minor in range(12)) | {None}
_OUTCOMES = tuple((outcome.value,) for outcome in (Outcome.OK, Outcome.DENIED, Outcome.FAILED))
_OK, _REFUSED, _FAILED = range(3)
_COLUMNS = {
    "record": pa.int64(),
    **dict.fromkeys(("event_id", "issued", "issued_credential", "resource", "request", "detail"), pa.string()),
    **dict.fromkeys(("who", "act", "file", "scope", "source_ip", "user_agent", "outcome"), pa.int32()),
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
    """Records that are events, each with its number in the object and its time in microseconds since 1970."""

    records: list[Record]
    numbers: Sequence[int]
    times: pa.Int64Array


@dataclass(slots=True)
class _Extras:
    """What the kinds of event that need a second look add to their rows."""

    outcomes: list[int]
    issued: list[str | None]
    credentials: list[str | None]
    details: list[str | None]


class Rows:
    """Collects the rows of one table, column by column. Callers, calls and programs recur: rows hold their numbers."""

    def __init__(self, source: str, collected_at: datetime) -> None:
        self._constants = {"source": source, "collected_at": collected_at, "provider": "aws"}
        self._files: list[tuple[str, str]] = []
        self._chunks: list[pa.RecordBatch] = []
        self._length = 0
        self._callers: list[Caller] = []
        self._known: dict[bytes | tuple[bytes, str], int] = {}
        self._told: dict[str | None, tuple[Identity, str | None, int]] = {}
        self._kinds = Kinds()
        self._named: dict[tuple[str | bytes | None, ...], str | None] = {}
        self._moments: dict[str, int] = {}
        self._scopes, self._addresses, self._programs = Numbers(), Numbers(), Numbers()
        self._agents: list[str | None] = []

    def __len__(self) -> int:
        return self._length

    def begin(self, origin: Origin) -> None:
        """The rows that follow come from this object."""
        self._files.append((origin.raw.origin, origin.sha256))

    def extend(self, records: Sequence[Record | str], progress: Progress) -> int:
        """Add the object's next records, and say how many became rows; the others are its problems."""
        found = self._events(records, progress)
        progress.number += len(records)
        events, kind_of, named_as = found.records, self._kinds, self._callers
        programs = [self._programs[event.user_agent] for event in events]
        who = self._who(events, programs)
        kinds = [kind_of[event.event_source, event.event_name, event.read_only] for event in events]
        for row, kind in enumerate(kinds):
            if kind.hangs_on_request:
                kinds[row] = kind_of.as_asked(kind, events[row])
        scopes = [
            one.recipient_account_id or named_as[by].scope or "unknown" for one, by in zip(events, who, strict=True)
        ]
        extras = self._extras(events, kinds)
        self._add(
            times=found.times,
            event_id=[event.event_id for event in events],
            scope=[self._scopes[scope] for scope in scopes],
            who=who,
            issued=extras.issued,
            issued_credential=extras.credentials,
            act=[kind.act for kind in kinds],
            outcome=extras.outcomes,
            resource=list(map(self._target, kinds, events, scopes)),
            source_ip=[self._addresses[event.source_ip] for event in events],
            user_agent=programs,
            request=[
                one.request_id if named_as[by].invoked_by == agents.SERVER else None
                for one, by in zip(events, who, strict=True)
            ],
            detail=extras.details,
            record=found.numbers,
        )
        for row, kind in enumerate(kinds):
            if kind.lists_calls:
                self._add_calls(events[row], found, row, scopes[row], extras.outcomes[row])
        return len(events)

    def _add(self, *, times: pa.Int64Array, **columns: Sequence[Any]) -> None:
        """Add rows of the object that was begun last."""
        columns["file"] = [len(self._files) - 1] * len(times)
        arrays = [times, *(pa.array(columns[name], kind) for name, kind in _COLUMNS.items())]
        self._chunks.append(pa.RecordBatch.from_arrays(arrays, names=["time", *_COLUMNS]))
        self._length += len(times)

    def _events(self, records: Sequence[Record | str], progress: Progress) -> _Events:
        """The records that are events; the others are counted."""
        whole = [record for record in records if isinstance(record, Record)]
        alike = _written_alike([record.event_time for record in whole])
        if alike is not None and len(whole) == len(records) and _usual(whole):
            return _Events(whole, range(progress.number, progress.number + len(whole)), alike)
        found, numbers, times, positions = [], [], [], count()
        for number, record in enumerate(records, progress.number):
            if isinstance(record, str):
                progress.origin.problems.reject(record, f"record {number}")
                continue
            position = next(positions)
            if record.event_category in NO_EVENTS:
                progress.insights += 1
                continue
            if record.user_identity == NOTHING:
                progress.origin.problems.note("who made the call is not told: no userIdentity", f"record {number}")
            if record.event_version not in _KNOWN_VERSIONS:
                new = f"event version {str(record.event_version)[:20]} is new here"
                progress.origin.remarks.note(new, f"record {number}")
            time = self._time(record.event_time, number, progress.origin) if alike is None else position
            if time is not None:
                found.append(record)
                numbers.append(number)
                times.append(time)
        if alike is None:
            return _Events(found, numbers, pa.array(times, pa.int64()))
        return _Events(found, numbers, alike if len(times) == len(alike) else alike.take(pa.array(times, pa.int64())))

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

    def _who(self, events: Sequence[Record], programs: Sequence[int]) -> list[int]:
        """The number of each event's caller."""
        self._agents.extend(agent_in(program) for (program,) in self._programs.distinct[len(self._agents) :])
        known, agent_of = self._known.get, self._agents
        numbers = []
        for event, program in zip(events, programs, strict=True):
            identity, agent = bytes(event.user_identity), agent_of[program]
            number = known(identity if agent is None else (identity, agent))
            numbers.append(self._new_caller(event, agent) if number is None else number)
        return numbers

    def _new_caller(self, event: Record, agent: str | None, through: str | None = None) -> int:
        identity, number = identity_of(event.user_identity), len(self._callers)
        said = bytes(event.user_identity)
        key = said if agent is None else (said, agent)
        if through is None and (told := self._told.get(identity.access_key_id)) and told[:2] == (identity, agent):
            # Of one key, all that is needed may be the same where what is not needed differs.
            self._known[key] = told[2]
            return told[2]
        found = caller(identity)
        by_itself = agent if found.invoked_by is None and found.actor_kind != "AWSService" else None
        if through or by_itself:
            found = found._replace(invoked_by=through or by_itself)
        if found.invoked_by is None and (found.actor_kind == "AWSService" or found.actor is None):
            found = service_caller(found, event.source_ip, event.user_agent)
        elif through is None:
            self._known[key] = number
            self._told[identity.access_key_id] = identity, agent, number
        self._callers.append(found)
        return number

    def _target(self, kind: Kind, event: Record, scope: str) -> str | None:
        """What an event was done to: as its `resources` name it, else its request, else its response."""
        entries = event.resources
        target = own_resource(kind.service, entries) if entries else None
        if target is None:
            target = self._asked_for(kind, event, scope, listed_arns(entries) if entries else [])
        if kind.answers or not target:
            return answered_resource(event.response_elements, target)
        return target

    def _asked_for(self, kind: Kind, event: Record, scope: str, listed: list[str]) -> str | None:
        """The same as its request names it, worked out once for each request."""
        key = kind.service, event.aws_region, scope, bytes(event.request_parameters), *listed
        if key not in self._named:
            asked = loose(event.request_parameters)
            self._named[key] = resource(kind.service, event.aws_region, scope, asked, listed)
        return self._named[key]

    def _extras(self, events: Sequence[Record], kinds: Sequence[Kind]) -> _Extras:
        """Outcomes; and sessions opened, their keys, and details, for the kinds of event that need a second look."""
        none: list[str | None] = [None] * len(events)
        outcomes = [_outcome(event.error_code) if event.error_code else _OK for event in events]
        found = _Extras(outcomes, none, none.copy(), none.copy())
        for row, kind in enumerate(kinds):
            if kind.plain:
                continue
            event = events[row]
            if kind.signs_in and outcomes[row] == _OK and _told_of_failure(event):
                outcomes[row] = _FAILED
            if kind.opens_session and outcomes[row] == _OK:
                found.issued[row], found.credentials[row] = session_opened(event)
            if kind.detailed:
                asked = loose(event.request_parameters)
                made = ids_made(event) if outcomes[row] == _OK else {}
                found.details[row] = detail({**as_object(asked), **made} if made else asked)
        return found

    def _add_calls(self, event: Record, found: _Events, row: int, scope: str, outcome: int) -> None:
        """Add the calls that a record lists, made by its caller through AWS's server."""
        listed = list(agents.calls(event))
        if not listed:
            return
        length, program = len(listed), self._programs[event.user_agent]
        who = self._new_caller(event, self._agents[program], through=agents.SERVER)
        kinds = [self._kinds[call.event_source, call.event_name, None] for call in listed]
        self._add(
            times=found.times.take(pa.array([row] * length, pa.int64())),
            event_id=[agents.event_id(call.request) for call in listed],
            scope=[self._scopes[scope]] * length,
            who=[who] * length,
            issued=[None] * length,
            issued_credential=[None] * length,
            act=[kind.act for kind in kinds],
            outcome=[outcome] * length,
            resource=[None] * length,
            source_ip=[self._addresses[event.source_ip]] * length,
            user_agent=[program] * length,
            request=[call.request for call in listed],
            detail=[None] * length,
            record=[found.numbers[row]] * length,
        )

    def tables(self) -> list[pa.Table]:
        """The rows as Arrow tables of Activity, one for each day; columns of what recurs are dictionaries."""
        rows = pa.Table.from_batches(self._chunks)
        rows = rows.set_column(0, "time", rows["time"].cast(TIME)).combine_chunks()
        return [self._table(of_day.combine_chunks()) for _, of_day in by_day(rows, "time")]

    def _table(self, rows: pa.Table) -> pa.Table:
        columns = {name: rows[name].chunk(0) for name in rows.column_names}
        who, act, file = (columns.pop(name) for name in ("who", "act", "file"))
        scope, address, program, outcome = (
            columns.pop(name) for name in ("scope", "source_ip", "user_agent", "outcome")
        )
        columns |= spread(Caller._fields, self._callers, who)
        columns |= spread(Act._fields, self._kinds.acts, act)
        columns |= spread(("origin", "sha256"), self._files, file)
        columns |= spread(("scope",), self._scopes.distinct, scope)
        columns |= spread(("source_ip",), self._addresses.distinct, address)
        columns |= spread(("user_agent",), self._programs.distinct, program)
        columns |= spread(("outcome",), _OUTCOMES, outcome)
        return table_of(Activity, columns, self._constants, len(rows))


def _usual(records: Sequence[Record]) -> bool:
    """Whether all are events of versions that are known, and say who made the call."""
    versions, categories = {one.event_version for one in records}, {one.event_category for one in records}
    told = all(one.user_identity != NOTHING for one in records)
    return told and versions <= _KNOWN_VERSIONS and NO_EVENTS.isdisjoint(categories)


def _written_alike(moments: list[str]) -> pa.Int64Array | None:
    """Microseconds since 1970, all at once where each is written as CloudTrail writes times; else None."""
    texts = pa.array(moments, pa.string())
    if not pc.all(pc.match_substring_regex(texts, _MOMENT)).as_py():
        return None
    try:
        return texts.cast(TIME).cast(pa.int64())
    except pa.ArrowInvalid:
        return None


def _told_of_failure(event: Record) -> bool:
    return "Failure" in as_object(loose(event.response_elements)).values()


def _outcome(error_code: str) -> int:
    return _REFUSED if any(word in error_code for word in _DENIED) else _FAILED
