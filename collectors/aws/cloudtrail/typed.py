"""Records as AWS writes them, of those that others have written anew, or that are not of AWS's shape."""

import hashlib
from typing import Any, TypeVar

import msgspec

from auditor.model.details import as_object
from collectors.aws.cloudtrail.shapes import (
    BAD_JSON,
    NOTHING,
    Context,
    Entry,
    Identity,
    LooseRecord,
    Named,
    Record,
    Session,
    loose,
    text,
)

S = TypeVar("S", bound=msgspec.Struct)
_identity = msgspec.json.Decoder(Identity).decode
_session = msgspec.json.Decoder(Session).decode
_entries = msgspec.json.Decoder(list[Entry] | None).decode
_ALIKE = tuple(name for name in LooseRecord.__struct_fields__ if name not in ("event_id", "resources"))


def typed(record: LooseRecord) -> Record:
    """The same record with its resources in their shape; one without an id gets one."""
    return Record(
        event_id=record.event_id or _made_id(record),
        resources=entries_of(record.resources),
        **{name: getattr(record, name) for name in _ALIKE},
    )


def identity_of(raw: msgspec.Raw | bytes) -> Identity:
    """A record's `userIdentity`, whatever its shape: what is not of the shape that AWS gives it says nothing."""
    try:
        return _identity(raw)
    except BAD_JSON:
        return _plain(as_object(loose(raw)), Identity)


def session_of(raw: msgspec.Raw) -> Session:
    """What a record's `responseElements` tells of a session, whatever its shape."""
    try:
        return _session(raw)
    except BAD_JSON:
        return _plain(as_object(loose(raw)), Session)


def entries_of(raw: msgspec.Raw) -> list[Entry] | None:
    """The entries of a record's `resources`, whatever their shape."""
    if raw is NOTHING:
        return None
    try:
        found: list[Entry] | None = _entries(raw)
    except BAD_JSON:
        listed = loose(raw)
    else:
        return found
    if not isinstance(listed, list):
        return None
    objects = map(as_object, listed)
    return [Entry(*(text(one.get(name)) for name in ("ARN", "arn", "accountId"))) for one in objects]


def _plain(value: dict[str, Any], shape: type[S]) -> S:
    """What an object says in the shape that it should have, without what has another."""
    said: dict[str, Any] = {}
    for field in msgspec.structs.fields(shape):
        if field.encode_name not in value:
            continue
        inner = value[field.encode_name]
        nested = Context if field.name == "session_context" else Named
        if isinstance(inner, dict):
            inner = _plain(inner, nested)
        try:
            said[field.name] = msgspec.convert(inner, field.type)
        except msgspec.ValidationError:
            said[field.name] = None
    return shape(**said)


def _made_id(record: LooseRecord) -> str:
    """An id from the content, the same whenever it is read."""
    content = (
        record.event_time, record.event_source, record.event_name, record.recipient_account_id, record.source_ip,
        record.user_agent, record.error_code, bytes(record.user_identity), bytes(record.request_parameters),
        bytes(record.response_elements),
    )  # fmt: skip
    return "made-" + hashlib.sha256(repr(content).encode()).hexdigest()[:32]
