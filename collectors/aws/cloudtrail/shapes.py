"""The shape of a CloudTrail record, and reading JSON whose shape nobody promises."""

import re
from typing import Any

import msgspec

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
NOTHING = msgspec.Raw(b"null")
BAD_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are no JSON, or not what was asked for."""

_NEXT_FIELD = re.compile(r", (?=[\w$.:@/-]+=)")
_DEEPEST = 12
_NAMES = (
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
    "userAgent", "errorCode", "errorMessage", "requestParameters", "responseElements", "additionalEventData",
    "requestID", "eventID", "readOnly", "resources", "eventType", "apiVersion", "recipientAccountId",
    "sharedEventID", "vpcEndpointId", "eventCategory", "managementEvent", "principalId", "accountId", "accessKeyId",
    "userName", "invokedBy", "sessionContext", "sessionIssuer", "mfaAuthenticated", "creationDate", "onBehalfOf",
    "userId", "identityStoreArn", "webIdFederationData", "federatedProvider", "sourceIdentity", "identityProvider",
)  # fmt: skip
WRITTEN = {name.lower(): name for name in _NAMES}
"""How CloudTrail writes names that a table has in small letters."""
_DECODER = msgspec.json.Decoder()


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
    request_id: str | None = msgspec.field(default=None, name="requestID")
    read_only: bool | None = None
    user_identity: msgspec.Raw = NOTHING
    request_parameters: msgspec.Raw = NOTHING
    response_elements: msgspec.Raw = NOTHING
    additional_event_data: msgspec.Raw = NOTHING
    resources: msgspec.Raw = NOTHING


def text(value: Any) -> str | None:
    """A string that says something, else None."""
    return value if isinstance(value, str) and value else None


def loose(raw: msgspec.Raw) -> Any:
    """The decoded value; None where it cannot be decoded, such as a number that no computer holds.

    Some pipelines write objects as text: such text is decoded too.
    """
    try:
        value = _DECODER.decode(raw)
        if value.__class__ is str and value[:1] in ("{", "["):
            return struct(value)
    except BAD_JSON:
        return None
    return value


def struct(cell: str) -> Any:
    """An object as a table writes it: JSON, or `{type=IAMUser, arn=…}`; other text as it is."""
    cell = cell.strip()
    try:
        return _DECODER.decode(cell)
    except BAD_JSON:
        return _fields(cell[1:-1], 0) if cell.startswith("{") and cell.endswith("}") else cell


def _fields(inner: str, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in _parts(inner):
        name, _, value = part.partition("=")
        nested = value.startswith("{") and value.endswith("}") and "=" in value and depth < _DEEPEST
        name = WRITTEN.get(name.strip().lower(), name.strip())
        found[name] = _fields(value[1:-1], depth + 1) if nested else None if value in ("null", "") else value
    return found


def _parts(inner: str) -> list[str]:
    """Its fields: cut where a comma is followed by another name, outside of brackets."""
    parts: list[str] = []
    for piece in _NEXT_FIELD.split(inner):
        if not parts or all(parts[-1].count(one) <= parts[-1].count(other) for one, other in ("{}", "[]")):
            parts.append(piece)
        else:
            parts[-1] += f", {piece}"
    return parts
