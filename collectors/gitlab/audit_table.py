"""The table that GitLab's audit page gives as CSV: rows to events, with what it has put into English words."""

import re
from collections.abc import Mapping
from typing import Any

_EXPIRY = r"(?: with expiry (?:changing from (?P<expiry_from>.+?) to (?P<expiry_to>.+)|remaining unchanged at .+))?"
_SAYINGS: tuple[tuple[str, dict[str, str]], ...] = (
    (r"Added user access(?: as (?P<as>.+))?", {"add": "user_access"}),
    (r"Removed user access(?: via system job\. Reason: (?P<reason>.+))?", {"remove": "user_access"}),
    (rf"Changed access level(?: from (?P<from>.+?))? to (?P<to>.+?){_EXPIRY}", {"change": "access_level"}),
    (r"Added project access(?: as (?P<as>.+))?", {"add": "project_access"}),
    (r"Changed admin status(?: from (?P<from>\w+))? to (?P<to>\w+)", {"change": "admin status"}),
    (r"Added deploy key", {"add": "deploy_key"}),
    (r"Created project (?:access )?token with .+", {"event_name": "project_access_token_created"}),
    (r"Created group (?:access )?token with .+", {"event_name": "group_access_token_created"}),
    (r"Created (?:project )?deploy token with .+", {"event_name": "deploy_token_created"}),
    (r"Created group deploy token with .+", {"event_name": "group_deploy_token_created"}),
    (r"Invited .+ to the group .+", {"event_name": "group_share_with_group_link_created"}),
    (r"(?:Added|Changed) deploy access level .+", {}),
    (r"Signed in with (?P<with>\S+) authentication", {}),
    (r"Failed to login with (?P<failed_login>.+) authentication", {}),
)
"""What stands in the column of actions for which details; what none of them fits is known by its words alone."""
_UNTOLD = "GitLab's table tells it in words alone, which are not known: {0}"


def is_row(record: Mapping[str, Any]) -> bool:
    """Whether a record is a row of the table."""
    return "Author ID" in record


def event_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as an event is told elsewhere; `untold` says why where it cannot be told what gives a right."""
    told = {name.partition(" (")[0].lower().replace(" ", "_"): value for name, value in row.items()}
    said = str(told.pop("action", ""))
    fits = next(((match, what) for words, what in _SAYINGS if (match := re.fullmatch(words, said))), None)
    details: dict[str, Any] = {"custom_message": said}
    if fits:
        details |= fits[1] | {name: value for name, value in fits[0].groupdict().items() if value}
    else:
        details["untold"] = _UNTOLD.format(said)
    target = str(told.get("target_id", ""))
    return {**told, "target_id": int(target) if target.isascii() and target.isdecimal() else target, "details": details}
