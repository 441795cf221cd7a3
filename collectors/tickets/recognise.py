"""What files of tickets look like: by their columns."""

from collectors.recognise import Recognised
from collectors.tickets.mapping import propose

_TELLING = {"person", "systems", "approver", "requester", "starts_at"}


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file of this name which begins like this."""
    if not name.endswith((".csv", ".json", ".jsonl")):
        return None
    try:
        found = propose(head.encode())
    except ValueError:
        return None
    if isinstance(found.columns, dict) and found.columns and not _TELLING & found.columns.keys():
        return None
    return Recognised("tickets-file", "tickets", "path", settings={"columns": found.columns} if found.columns else {})
