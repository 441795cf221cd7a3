"""CloudTrail records as columns of the activity table. Whatever a record's shape, it becomes a row or a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from auditor.model.arrow import columns_to_arrow, schema
from auditor.model.tables import Activity
from auditor.model.vocabulary import Category, Outcome
from collectors.cloudtrail_actions import Act, classify
from collectors.cloudtrail_detail import detail
from collectors.cloudtrail_identity import Caller, caller, service_caller
from collectors.cloudtrail_resources import answered_resource, resource
from collectors.cloudtrail_shapes import NOTHING, loose, mapping, text

LONGEST_TEXT = 2048
"""Longer texts are cut: no field that CloudTrail names a thing with is as long."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DETAILED = frozenset({Category.GRANT.value, Category.AUDIT_TRAIL.value})
_DENIED = ("AccessDenied", "UnauthorizedOperation", "UnauthorizedAccess", "NotAuthorized", "Forbidden")
_OPENS_SESSION = ("sts:Assume", "sts:GetSession", "sts:GetFederation", "sso:GetRole")
_OK, _REFUSED, _FAILED = Outcome.OK.value, Outcome.DENIED.value, Outcome.FAILED.value


class Record(msgspec.Struct, gc=False, kw_only=True, rename="camel"):
    """The fields that are needed of a record; those of any shape stay undecoded."""

    event_time: str
    event_source: str
    event_name: str
    event_id: str | None = msgspec.field(default=None, name="eventID")
    event_version: str | None = None
    event_category: str | None = None
    recipient_account_id: str | None = None
    aws_region: str | None = None
    source_ip: str | None = msgspec.field(default=None, name="sourceIPAddress")
    user_agent: str | None = None
    error_code: str | None = None
    read_only: bool | None = None
    user_identity: msgspec.Raw = NOTHING
    request_parameters: msgspec.Raw = NOTHING
    response_elements: msgspec.Raw = NOTHING
    resources: msgspec.Raw = NOTHING


class Kind(NamedTuple):
    """What one (service, name, readOnly, withDecryption) means; `act` is its number among the table's acts."""

    act: int
    service: str
    opens_session: bool
    signs_in: bool
    detailed: bool


class RejectedError(ValueError):
    """A record that cannot become a row; the message says why."""


class Rows:
    """Collects the rows of one table. Callers and calls recur, so each is worked out once and rows hold its number."""

    def __init__(self, source: str, collected_at: datetime) -> None:
        self._source = source
        self._collected_at = collected_at
        self._files: list[tuple[str, str]] = []
        self._rows: list[tuple[Any, ...]] = []
        self._callers: list[Caller] = []
        self._caller_numbers: dict[bytes, int] = {}
        self._acts: list[Act] = []
        self._kinds: dict[tuple[str, str, bool | None, bool], Kind] = {}
        self._calls: dict[tuple[Any, ...], tuple[Kind, str | None]] = {}
        self._times: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def begin(self, origin: str, sha256: str) -> None:
        """The rows that follow come from this object."""
        self._files.append((origin, sha256))

    def add(self, record: Record, number: int) -> None:
        """Add the record that stands at `number` in its object.

        Raises:
            RejectedError: when it has no time that can be relied on.
        """
        time = self._times.get(record.event_time)
        if time is None:
            time = self._times[record.event_time] = microseconds(record.event_time)
        identity = bytes(record.user_identity)
        who = self._caller_numbers.get(identity)
        if who is None:
            who = self._new_caller(record, identity)
        scope = record.recipient_account_id or self._callers[who].scope or "unknown"
        key = (
            record.event_source,
            record.event_name,
            record.read_only,
            record.aws_region,
            scope,
            bytes(record.request_parameters),
            bytes(record.resources),
        )
        kind, target = self._calls.get(key) or self._new_call(key, record, scope)
        issued = issued_credential = detailed = None
        outcome = _outcome(record.error_code) if record.error_code else _OK
        if kind.signs_in and outcome is _OK and "Failure" in mapping(loose(record.response_elements)).values():
            outcome = _FAILED
        if kind.opens_session and outcome is _OK:
            issued, issued_credential = _issued(record)
        if kind.detailed:
            detailed = detail(loose(record.request_parameters))
        self._rows.append(
            (
                record.event_id or _made_id(record),
                time,
                scope,
                who,
                issued,
                issued_credential,
                kind.act,
                outcome,
                target or answered_resource(record.response_elements),
                record.source_ip,
                record.user_agent,
                detailed,
                len(self._files) - 1,
                number,
            )
        )

    def _new_call(self, key: tuple[Any, ...], record: Record, scope: str) -> tuple[Kind, str | None]:
        """What a record says was done, and to what as far as that shows without its response."""
        params = loose(record.request_parameters)
        decrypts = params.__class__ is dict and params.get("withDecryption") is True
        named = (record.event_source, record.event_name, record.read_only, decrypts)
        kind = self._kinds.get(named) or self._new_kind(named)
        call = kind, resource(kind.service, record.aws_region, scope, params, loose(record.resources))
        self._calls[key] = call
        return call

    def _new_kind(self, named: tuple[str, str, bool | None, bool]) -> Kind:
        source, name, read_only, decrypts = named
        act = classify(source, name, read_only=read_only, decrypts=decrypts)
        kind = self._kinds[named] = Kind(
            act=len(self._acts),
            service=source.partition(".")[0],
            opens_session=act.action.startswith(_OPENS_SESSION),
            signs_in=act.action.startswith("signin:"),
            detailed=act.category in _DETAILED,
        )
        self._acts.append(act)
        return kind

    def _new_caller(self, record: Record, identity: bytes) -> int:
        found = caller(loose(record.user_identity))
        number = len(self._callers)
        if found.actor_kind == "AWSService" and found.invoked_by is None:
            found = service_caller(found, record.source_ip, record.user_agent)
        else:
            self._caller_numbers[identity] = number
        self._callers.append(found)
        return number

    def table(self) -> pa.Table:
        """The rows as an Arrow table of Activity."""
        names = (
            "event_id", "time", "scope", "who", "issued", "issued_credential", "act", "outcome", "resource",
            "source_ip", "user_agent", "detail", "file", "record",
        )  # fmt: skip
        columns: dict[str, Any] = dict(zip(names, zip(*self._rows, strict=True), strict=True))
        length = len(self._rows)
        columns |= _spread(Caller._fields[:-1], (c[:-1] for c in self._callers), columns.pop("who"))
        columns |= _spread(Act._fields, self._acts, columns.pop("act"))
        columns |= _spread(("origin", "sha256"), self._files, columns.pop("file"))
        constants = {"source": self._source, "collected_at": self._collected_at, "provider": "aws"}
        for name, value in constants.items():
            columns[name] = pa.repeat(pa.scalar(value, schema(Activity).field(name).type), length)
        return _cut(columns_to_arrow(Activity, columns, length))


def microseconds(moment: str) -> int:
    """A time with its zone as microseconds since 1970.

    Raises:
        RejectedError: for anything else.
    """
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError as error:
        raise RejectedError(f"eventTime {moment[:40]!r} is no time") from error
    if parsed.tzinfo is None:
        raise RejectedError(f"eventTime {moment[:40]!r} has no time zone")
    return (parsed - _EPOCH) // _MICROSECOND


def _outcome(error_code: str) -> str:
    return _REFUSED if any(word in error_code for word in _DENIED) else _FAILED


def _issued(record: Record) -> tuple[str | None, str | None]:
    """The session that a call opened, and its key. Where the answer is not recorded, the request tells the session."""
    asked, answered = mapping(loose(record.request_parameters)), mapping(loose(record.response_elements))
    credential = text(mapping(answered.get("credentials")).get("accessKeyId"))
    for user in ("assumedRoleUser", "federatedUser"):
        arn = text(mapping(answered.get(user)).get("arn"))
        if arn:
            return arn, credential
    role, session = text(asked.get("roleArn")), text(asked.get("roleSessionName"))
    parts = role.split(":", 5) if role else []
    arn_parts = 6
    if session and len(parts) == arn_parts and parts[-1].startswith("role/"):
        # The session's ARN leaves out the role's path.
        name = parts[-1].rsplit("/", 1)[-1]
        return f"arn:{parts[1]}:sts::{parts[4]}:assumed-role/{name}/{session}", credential
    return None, credential


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
