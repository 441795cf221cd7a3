"""What files of tickets look like: by their columns."""

from collectors.recognise import Recognised
from collectors.tickets.mapping import propose

_TELLING = {"person", "systems", "approver", "requester", "starts_at", "ends_at"}
_ENOUGH = 2
"""So many of them make a file one of tickets: a list of users has ids and names too."""


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file of this name which begins like this."""
    if not name.endswith((".csv", ".json", ".jsonl")):
        return None
    try:
        found = propose(head.encode())
    except ValueError:
        return None
    if isinstance(found.columns, dict) and found.columns and len(_TELLING & found.columns.keys()) < _ENOUGH:
        return None
    return Recognised("tickets-file", "tickets", "path", settings={"columns": found.columns} if found.columns else {})
