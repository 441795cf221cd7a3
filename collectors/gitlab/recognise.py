"""What files of GitLab look like: members, as `glab api groups/…/members/all` and curl print them, and audit events."""

import json
import re
from urllib.parse import urlsplit

from collectors.recognise import Recognised

_MARKS = ('"username"', '"access_level"', '"web_url"')
# An event may stand in another program's record as text.
_EVENT = tuple(re.compile(rf'\\*"{name}\\*": ?') for name in ("author_id", "entity_id", "entity_type"))
_TABLE = re.compile(r"\s*\"?ID\"?[,;\t]\"?Author ID\"?[,;\t]")


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file which begins like this."""
    del name
    if _TABLE.match(head) or all(mark.search(head) for mark in _EVENT):
        return Recognised("gitlab-activity", "gitlab-log", "audit_log", folder=True, guessed=frozenset({"url"}))
    if not all(mark in head for mark in _MARKS):
        return None
    try:
        member = json.loads(head)[0]
        server = urlsplit(member["web_url"])
    except (ValueError, LookupError, TypeError):
        return None
    return Recognised("gitlab-access", "gitlab", "file", settings={"url": f"{server.scheme}://{server.netloc}"})
