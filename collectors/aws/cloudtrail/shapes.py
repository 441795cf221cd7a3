"""The shape of a CloudTrail record, and reading JSON whose shape nobody promises."""

from typing import Any

import msgspec

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
NOTHING = msgspec.Raw(b"null")
BAD_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are no JSON, or not what was asked for."""

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
    read_only: bool | None = None
    user_identity: msgspec.Raw = NOTHING
    request_parameters: msgspec.Raw = NOTHING
    response_elements: msgspec.Raw = NOTHING
    additional_event_data: msgspec.Raw = NOTHING
    resources: msgspec.Raw = NOTHING


def text(value: Any) -> str | None:
    """A string that says something, else None."""
    return value if isinstance(value, str) and value else None


def mapping(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def loose(raw: msgspec.Raw) -> Any:
    """The decoded value; None where it cannot be decoded, such as a number that no computer holds."""
    try:
        return _DECODER.decode(raw)
    except BAD_JSON:
        return None
