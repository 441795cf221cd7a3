"""The shape of a CloudTrail record, and reading JSON whose shape nobody promises."""

import re
from typing import Annotated, Any

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


class Named(msgspec.Struct, gc=False, rename="camel"):
    """An object in an identity or an answer, of which one name is needed."""

    arn: str | None = None
    creation_date: str | None = None
    federated_provider: str | None = None
    user_id: str | None = None
    account_id: str | None = None
    access_key_id: str | None = None
    issuer_type: str | None = None


class Context(msgspec.Struct, gc=False, rename="camel"):
    """The session that somebody acted in."""

    session_issuer: Named | None = None
    web_id_federation_data: Named | None = None
    attributes: Named | None = None
    source_identity: str | None = None
    ec2_role_delivery: str | None = None
    assumed_root: str | bool | None = None


class Identity(msgspec.Struct, gc=False, rename="camel"):
    """A record's `userIdentity` as AWS writes it."""

    type: str | None = None
    principal_id: str | msgspec.UnsetType | None = msgspec.UNSET
    arn: str | msgspec.UnsetType | None = msgspec.UNSET
    account_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None
    session_context: Context | None = None
    invoked_by: str | None = None
    invoked_by_delegate: Named | str | None = None
    on_behalf_of: Named | None = None
    in_scope_of: Named | None = None


class Session(msgspec.Struct, gc=False, rename="camel"):
    """What the answer to a call that opens a session tells of it."""

    credentials: Named | None = None
    assumed_role_user: Named | None = None
    federated_user: Named | None = None


class Entry(msgspec.Struct, gc=False):
    """An entry of `resources` as AWS writes it."""

    arn: str | None = msgspec.field(default=None, name="ARN")
    small: str | None = msgspec.field(default=None, name="arn")
    account: str | None = msgspec.field(default=None, name="accountId")


class _Told(msgspec.Struct, gc=False, kw_only=True, rename="camel"):
    """What is needed of any record, in the order in which AWS writes it; what may have any shape stays undecoded."""

    event_version: str | None = None
    user_identity: msgspec.Raw = NOTHING
    event_time: str
    event_source: str
    event_name: str
    aws_region: str | None = None
    source_ip: str | None = msgspec.field(default=None, name="sourceIPAddress")
    user_agent: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    request_parameters: msgspec.Raw = NOTHING
    response_elements: msgspec.Raw = NOTHING
    additional_event_data: msgspec.Raw = NOTHING
    addendum: msgspec.Raw = NOTHING
    request_id: str | None = msgspec.field(default=None, name="requestID")
    read_only: bool | None = None
    recipient_account_id: str | None = None
    shared_event_id: str | None = msgspec.field(default=None, name="sharedEventID")
    event_category: str | None = None


class Record(_Told, gc=False, kw_only=True, rename="camel"):
    """A record as AWS writes it: it has an id, and its resources are of their shape."""

    event_id: Annotated[str, msgspec.Meta(min_length=1)] = msgspec.field(name="eventID")
    resources: list[Entry] | None = None


class LooseRecord(_Told, gc=False, kw_only=True, rename="camel"):
    """A record that others may have written anew; `typed` makes one of it as AWS writes them."""

    event_id: str | None = msgspec.field(default=None, name="eventID")
    resources: msgspec.Raw = NOTHING


def text(value: Any) -> str | None:
    """A string that says something, else None."""
    return value if isinstance(value, str) and value else None


def loose(raw: msgspec.Raw | bytes) -> Any:
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
