"""What an export of Slack looks like: `<channel>/<day>.json`, with users.json beside the channels."""

import re

from collectors.recognise import Recognised

_DAY = re.compile(r"/[^/]+/\d{4}-\d\d-\d\d\.json$")
_MESSAGE = re.compile(r'"ts"\s*:\s*"\d{10}\.\d{6}"')


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file of this name which begins like this."""
    if not (_DAY.search(name) and _MESSAGE.search(head)):
        return None
    return Recognised("slack-approvals", "chat", "path", above=1)
