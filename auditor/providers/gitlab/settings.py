"""What GitLab's audit events say that was set: values before and after, and members who came and went."""

from typing import Any

from auditor.model.details import as_object
from auditor.providers.settings import Setting, flat

# Who did it, where and to what stands beside it already.
_SAID = ("author_", "target_", "ip_address", "entity_", "event_name", "custom_message", "human_author_")


def setting(asked: Any) -> Setting:
    """What an audit event set, by its details."""
    details = as_object(asked)
    if {"from", "to"} <= details.keys():
        name = str(details.get("change") or "value")
        return Setting(values={name: str(details["to"])}, before={name: str(details["from"])})
    who = str(details.get("target_details") or "")
    if details.get("add") == "user_access":
        until = f" until {details['expiry_to']}" if details.get("expiry_to") else ""
        return Setting(gave=(("member", f"{who} as {details.get('as', '')}{until}"),))
    if details.get("remove") == "user_access":
        return Setting(took=(("member", who),))
    return Setting(values=flat({name: value for name, value in details.items() if not name.startswith(_SAID)}))
