"""How people's names are written: alike without case and accents, and beside an account."""

import re
from unicodedata import combining, normalize

NAME_AND_ACCOUNT = re.compile(r"(.+?)\s*[<(\[]([^<>()\[\]]+)[>)\]]")
"""A full name and what stands in brackets behind it: an address, or a login."""

# Letters that are no letter with a mark on it, as logins write them.
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})
_UMLAUT = re.compile(r"([aou])e(?!r?\b)")


def folded(text: str) -> str:
    """A name without case and accents; `Mueller` is how Müller writes where there are none."""
    plain = normalize("NFKD", text.casefold().translate(_PLAIN))
    return _UMLAUT.sub(r"\1", "".join(character for character in plain if not combining(character)))
