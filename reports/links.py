"""Addresses that a report may make links of: http and https alone, and nothing in them ends them where they stand."""

import re
from urllib.parse import quote, urlsplit

_LONGEST = 2_000
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def web(url: str | None) -> str | None:
    """The address, quoted for HTML, Markdown and a terminal alike; None where it is no plain web address.

    Names and passwords in it make it none: what stands before an @ hides whose it is.
    """
    if not url or len(url) > _LONGEST or not url.isascii() or not url.isprintable():
        return None
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(parts.hostname or ""):
        return None
    place = f"{parts.hostname}:{port}" if port else parts.hostname
    path = quote(parts.path, safe="/%:@!$&*+,;=~-._")
    query = f"?{quote(parts.query, safe='/%:@!$&*+,;=~-._?')}" if parts.query else ""
    fragment = f"#{quote(parts.fragment, safe='/%:@!$&*+,;=~-._?')}" if parts.fragment else ""
    return f"{parts.scheme}://{place}{path}{query}{fragment}"
