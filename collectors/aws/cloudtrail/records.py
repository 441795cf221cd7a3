"""CloudTrail records as columns of the activity table. Whatever a record's shape, it becomes a row or a reason."""

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from auditor.model.arrow import TIME, columns_to_arrow, schema
from auditor.model.details import as_object
from auditor.model.tables import Activity
from auditor.model.vocabulary import SAFEGUARDS, Act, Outcome
from collectors.agents import agent_in
from collectors.aws.cloudtrail import agents
from collectors.aws.cloudtrail.actions import PARAMETERS, classify
from collectors.aws.cloudtrail.foreign import NO_EVENTS
from collectors.aws.cloudtrail.identity import Caller, caller_of, service_caller
from collectors.aws.cloudtrail.opened import ids_made, session_opened
from collectors.aws.cloudtrail.resources import answered_resource, own_resource, resource
from collectors.aws.cloudtrail.shapes import NOTHING, Record, loose
from collectors.detail import detail
from collectors.reading import Origin
from collectors.times import parse_utc

LONGEST_TEXT = 2048
"""Longer texts are cut: no field that CloudTrail names a thing with is as long."""

_MOMENT = r"^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# What is kept for how long bears on the audit trail, where a trail is kept in it; rules of a network tell an incident.
_KEEPING = frozenset(
    {
        *(f"ec2:{does}SecurityGroup{way}" for does in ("Authorize", "Revoke") for way in ("Ingress", "Egress")),
        "ec2:ModifySecurityGroupRules",
        "s3:PutBucketLifecycle",
        "s3:PutBucketLifecycleConfiguration",
        "s3:PutBucketVersioning",
        "logs:PutRetentionPolicy",
    }
)
_DENIED = ("AccessDenied", "UnauthorizedOperation", "UnauthorizedAccess", "NotAuthorized", "Forbidden")
_OPENS_SESSION = ("sts:Assume", "sts:GetSession", "sts:GetFederation", "sso:GetRole", "signin:SwitchRole")
_ANSWERING = frozenset({"ecs.amazonaws.com"})  # a task is asked for by its id; its service stands in the answer
_MAY_TRY = "lambda:UpdateFunctionCode"  # elsewhere a dry run is a failure, or asked for in no parameter
_NO_EXTRAS = (None, None, None)
_KNOWN_VERSIONS = frozenset(f"1.{minor:02}" for minor in range(12)) | {None}
_OK, _REFUSED, _FAILED = Outcome.OK.value, Outcome.DENIED.value, Outcome.FAILED.value


class Kind(NamedTuple):
    """What one (service, name, readOnly) means; `act` is its number among the table's acts.

    `plain` says that nothing else is to be looked at: it opens no session, is no sign-in, and its detail is not kept.
    `answers` says that the response tells of the thing what the request may not; `lists_calls` that other calls may be
    told in it; `hangs_on_request` that what was asked for may make it another kind.
    """

    act: int
    service: str
    plain: bool
    opens_session: bool
    signs_in: bool
    detailed: bool
    answers: bool
    lists_calls: bool
    hangs_on_request: bool


@dataclass(slots=True)
class Progress:
    """How far an object's records were read: the number of the next one, and how many are no events."""

    origin: Origin
    number: int = 0
    insights: int = 0


class Numbers(dict[str | None, int]):
    """Distinct values in the order in which they were met, each with its number."""

    def __missing__(self, value: str | None) -> int:
        """The next number, for a value that was not met before."""
        number = self[value] = len(self)
        return number


class Rows:
    """Collects the rows of one table. Callers and calls recur, so each is worked out once and rows hold its number."""

    def __init__(self, source: str, collected_at: datetime) -> None:
        self._source = source
        self._collected_at = collected_at
        self._files: list[tuple[str, str]] = []
        self._rows: list[tuple[Any, ...]] = []
        self._callers: list[Caller] = []
        self._caller_numbers: dict[tuple[bytes, str | None], int] = {}
        self._acts: list[Act] = []
        self._kinds: dict[tuple[str, str, bool | None], Kind] = {}
        self._named: dict[tuple[str, str | None, str, bytes, bytes], str | None] = {}
        self._times: dict[str, int] = {}
        self._scopes, self._addresses, self._programs = Numbers(), Numbers(), Numbers()

    def __len__(self) -> int:
        return len(self._rows)

    def begin(self, origin: Origin) -> None:
        """The rows that follow come from this object."""
        self._files.append((origin.raw.origin, origin.sha256))

    def extend(self, records: Sequence[Record | str], progress: Progress) -> int:
        """Add the object's next records, and say how many became rows; the others are its problems."""
        # The hot loop of collecting: what is looked up for every record has a local name.
        known_caller, known_kind, callers = self._caller_numbers.get, self._kinds.get, self._callers
        scopes, addresses, programs = self._scopes, self._addresses, self._programs
        add, begun, file, told = self._rows.append, len(self._rows), len(self._files) - 1, 0
        for number, record, time in self._events(records, progress):
            identity = bytes(record.user_identity), agent_in(record.user_agent)
            who = known_caller(identity)
            if who is None:
                who = self._new_caller(record, identity)
            by = callers[who]
            scope = record.recipient_account_id or by.scope or "unknown"
            named = record.event_source, record.event_name, record.read_only
            kind = known_kind(named) or self._new_kind(named)
            if kind.hangs_on_request:
                kind = self._as_asked(kind, record)
            target = self._target(kind, record, scope)
            outcome = _outcome(record.error_code) if record.error_code else _OK
            issued, issued_credential, detailed = _NO_EXTRAS
            if not kind.plain:
                outcome, issued, issued_credential, detailed = _extras(record, kind, outcome)
                told += kind.lists_calls and self._add_calls(record, identity, (time, scope, outcome, file, number))
            add(
                (
                    record.event_id or _made_id(record),
                    time,
                    scopes[scope],
                    who,
                    issued,
                    issued_credential,
                    kind.act,
                    outcome,
                    target,
                    addresses[record.source_ip],
                    programs[record.user_agent],
                    record.request_id if by.invoked_by == agents.SERVER else None,
                    detailed,
                    file,
                    number,
                )
            )
        progress.number += len(records)
        return len(self._rows) - begun - told

    def _events(self, records: Sequence[Record | str], progress: Progress) -> Iterator[tuple[int, Record, int]]:
        """The records that are events, with their numbers and times; the others are counted."""
        times = _written_alike([record.event_time for record in records if isinstance(record, Record)])
        for number, record in enumerate(records, progress.number):
            if isinstance(record, str):
                progress.origin.problems.reject(record, f"record {number}")
                continue
            time = next(times)
            if record.event_category in NO_EVENTS:
                progress.insights += 1
                continue
            if record.event_version not in _KNOWN_VERSIONS:
                new = f"event version {str(record.event_version)[:20]} is new here"
                progress.origin.remarks.note(new, f"record {number}")
            if time is None:
                time = self._times.get(record.event_time)
                if time is None:
                    time = self._new_time(record.event_time, number, progress.origin)
            if time is not None:
                yield number, record, time

    def _target(self, kind: Kind, record: Record, scope: str) -> str | None:
        """What an event was done to: as its `resources` name it, else its request, else its response."""
        target = None if record.resources is NOTHING else own_resource(kind.service, record.resources)
        if target is None:
            asked = bytes(record.request_parameters)
            key = kind.service, record.aws_region, scope, asked, bytes(record.resources)
            if key not in self._named:
                said = loose(record.request_parameters), loose(record.resources)
                self._named[key] = resource(kind.service, record.aws_region, scope, *said)
            target = self._named[key]
        if kind.answers or not target:
            return answered_resource(record.response_elements, target)
        return target

    def _add_calls(
        self, record: Record, identity: tuple[bytes, str | None], where: tuple[int, str, str, int, int]
    ) -> int:
        """Add the calls that a record lists, made by its caller through AWS's server, and say how many they are."""
        time, scope, outcome, file, number = where
        listed = list(agents.calls(record))
        for call in listed:
            named = call.event_source, call.event_name, None
            kind = self._kinds.get(named) or self._new_kind(named)
            who = self._new_caller(record, identity, through=agents.SERVER)
            self._rows.append(
                (
                    agents.event_id(call.request), time, self._scopes[scope], who, None, None, kind.act, outcome, None,
                    self._addresses[record.source_ip], self._programs[record.user_agent], call.request, None, file,
                    number,
                )
            )  # fmt: skip
        return len(listed)

    def _new_time(self, moment: str, number: int, origin: Origin) -> int | None:
        """Microseconds since 1970; None for a time that cannot be relied on, which is counted."""
        try:
            time = self._times[moment] = (parse_utc(moment) - _EPOCH) // _MICROSECOND
        except ValueError as error:
            why = f"its eventTime {moment[:40]!r} is not a time that can be relied on: {error}"
            origin.problems.reject(why, f"record {number}")
            return None
        return time

    def _as_asked(self, kind: Kind, record: Record) -> Kind:
        """The kind of a call that may ask for plain text, or for no more than a try."""
        asked = as_object(loose(record.request_parameters))
        if asked.get("dryRun") is True:
            tried = record.event_source, record.event_name, True
            return self._kinds.get(tried) or self._new_kind(tried)
        if asked.get("withDecryption") is True:
            return self._new_kind((record.event_source, record.event_name, record.read_only), decrypts=True)
        return kind

    def _new_kind(self, named: tuple[str, str, bool | None], *, decrypts: bool = False) -> Kind:
        source, name, read_only = named
        act = classify(source, name, read_only=read_only, decrypts=decrypts)
        opens_session = act.action.startswith(_OPENS_SESSION)
        signs_in = act.action.startswith("signin:")
        detailed = act.category in SAFEGUARDS or act.action in _KEEPING
        kind = Kind(
            act=len(self._acts),
            service=source.partition(".")[0],
            plain=not (opens_session or signs_in or detailed or source == agents.SERVER),
            opens_session=opens_session,
            signs_in=signs_in,
            detailed=detailed,
            answers=source in _ANSWERING,
            lists_calls=source == agents.SERVER,
            hangs_on_request=act.action.startswith((PARAMETERS, _MAY_TRY)),
        )
        if not decrypts:
            self._kinds[named] = kind
        self._acts.append(act)
        return kind

    def _new_caller(self, record: Record, identity: tuple[bytes, str | None], through: str | None = None) -> int:
        found, number = caller_of(record.user_identity), len(self._callers)
        agent = identity[1] if found.invoked_by is None and found.actor_kind != "AWSService" else None
        if through or agent:
            found = found._replace(invoked_by=through or agent)
        if found.invoked_by is None and (found.actor_kind == "AWSService" or found.actor is None):
            found = service_caller(found, record.source_ip, record.user_agent)
        elif through is None:
            self._caller_numbers[identity] = number
        self._callers.append(found)
        return number

    def table(self) -> pa.Table:
        """The rows as an Arrow table of Activity."""
        names = (
            "event_id", "time", "scope", "who", "issued", "issued_credential", "act", "outcome", "resource",
            "source_ip", "user_agent", "request", "detail", "file", "record",
        )  # fmt: skip
        columns: dict[str, Any] = dict(zip(names, zip(*self._rows, strict=True), strict=True))
        length = len(self._rows)
        columns |= _spread(Caller._fields[:-1], (c[:-1] for c in self._callers), columns.pop("who"))
        columns |= _spread(Act._fields, self._acts, columns.pop("act"))
        columns |= _spread(("origin", "sha256"), self._files, columns.pop("file"))
        for name, numbers in {
            "scope": self._scopes,
            "source_ip": self._addresses,
            "user_agent": self._programs,
        }.items():
            columns |= _spread((name,), zip(numbers, strict=True), columns[name])
        constants = {"source": self._source, "collected_at": self._collected_at, "provider": "aws"}
        for name, value in constants.items():
            columns[name] = pa.repeat(pa.scalar(value, schema(Activity).field(name).type), length)
        return _cut(columns_to_arrow(Activity, columns, length))


def _written_alike(moments: list[str]) -> Iterator[int | None]:
    """Microseconds since 1970, all at once where each is written as CloudTrail writes times; else none of them."""
    texts = pa.array(moments, pa.string())
    if not pc.all(pc.match_substring_regex(texts, _MOMENT)).as_py():
        return itertools.repeat(None)
    try:
        return iter(texts.cast(TIME).cast(pa.int64()).to_pylist())
    except pa.ArrowInvalid:
        return itertools.repeat(None)


def _extras(record: Record, kind: Kind, outcome: str) -> tuple[str, str | None, str | None, str | None]:
    """Outcome, session opened, its key, and detail, for the kinds of event that need a second look."""
    issued = issued_credential = None
    if kind.signs_in and outcome is _OK and "Failure" in as_object(loose(record.response_elements)).values():
        outcome = _FAILED
    if kind.opens_session and outcome is _OK:
        issued, issued_credential = session_opened(record)
    asked = loose(record.request_parameters) if kind.detailed else None
    if kind.detailed and outcome is _OK and (made := ids_made(record)):
        asked = {**as_object(asked), **made}
    kept = detail(asked) if kind.detailed else None
    return outcome, issued, issued_credential, kept


def _outcome(error_code: str) -> str:
    return _REFUSED if any(word in error_code for word in _DENIED) else _FAILED


def _made_id(record: Record) -> str:
    """An id from the content, the same whenever it is read."""
    content = (
        record.event_time, record.event_source, record.event_name, record.recipient_account_id, record.source_ip,
        record.user_agent, record.error_code, bytes(record.user_identity), bytes(record.request_parameters),
        bytes(record.response_elements),
    )  # fmt: skip
    return "made-" + hashlib.sha256(repr(content).encode()).hexdigest()[:32]


def _spread(
    names: Sequence[str], distinct: Iterable[Sequence[str | None]], numbers: Sequence[int]
) -> dict[str, pa.Array]:
    """Columns of things that recur, from the few distinct ones and each row's number of its own."""
    index = pa.array(numbers, pa.int32())
    columns = list(zip(*distinct, strict=True)) or [()] * len(names)
    return {name: pa.array(column, pa.string()).take(index) for name, column in zip(names, columns, strict=True)}


def _cut(table: pa.Table) -> pa.Table:
    """The table with overlong texts cut; `detail` is bounded already."""
    for position, field in enumerate(table.schema):
        if not pa.types.is_string(field.type) or field.name == "detail":
            continue
        column = table.column(position)
        if (pc.max(pc.binary_length(column)).as_py() or 0) > LONGEST_TEXT:
            cut = pc.utf8_slice_codeunits(column, 0, LONGEST_TEXT)
            table = table.set_column(position, field, cut)
    return table
