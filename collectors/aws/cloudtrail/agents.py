"""What AWS's MCP server tells of the calls that it made for an agent: each is an event of its own as a rule."""

from collections.abc import Iterator
from typing import NamedTuple

from auditor.model.details import as_object, as_objects
from collectors.aws.cloudtrail.shapes import Record, loose, text

SERVER = "aws-mcp.amazonaws.com"


class Call(NamedTuple):
    """A call that the server made: the service and name as events write them, and the id of the request."""

    event_source: str
    event_name: str
    request: str


def calls(record: Record) -> Iterator[Call]:
    """The calls in a record of the server's; none of them is told with what it was done to, or how it ended."""
    for listed in as_objects(as_object(loose(record.additional_event_data)).get("downstreamRequests")):
        service, colon, name = (text(listed.get("apiName")) or "").partition(":")
        request = text(listed.get("requestId"))
        if colon and name and request:
            yield Call(f"{service}.amazonaws.com", name, request)


def event_id(request: str) -> str:
    """The id of the event that such a call becomes where the log has none of it."""
    return f"request:{request}"
