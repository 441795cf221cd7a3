"""What files of GitLab look like: members, as `glab api groups/…/members/all` and curl print them."""

import json
from urllib.parse import urlsplit

from collectors.recognise import Recognised

_MARKS = ('"username"', '"access_level"', '"web_url"')


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file which begins like this."""
    del name
    if not all(mark in head for mark in _MARKS):
        return None
    try:
        member = json.loads(head)[0]
        server = urlsplit(member["web_url"])
    except (ValueError, LookupError, TypeError):
        return None
    return Recognised("gitlab-access", "gitlab", "file", settings={"url": f"{server.scheme}://{server.netloc}"})
