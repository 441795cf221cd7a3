"""The fields of a request, as the template is filled in: `**Person:** @nina`, `### Person`, `| Person | nina |`."""

import re
from functools import cache

from auditor.model.written import written

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# Longer texts are no request; what follows is left alone, so that a hostile one costs no time.
_LONGEST = 100_000
_BOLD = r"(?:\*\*?|__)?"
_NAME = r"[^\W\d_](?:[^\W\d_]| ){1,30}?"
_LINE = re.compile(rf"\s*(?:[-*+]\s+)?{_BOLD}({_NAME})\s*{_BOLD}:{_BOLD}(?:\s+(.*))?$")
_HEADING = re.compile(rf"\s*(?:#{{1,6}}|h[1-6]\.)\s+({_NAME})\s*:?\s*$")
_ANOTHER = re.compile(r"\s*(?:#{1,6}\s|h[1-6]\.\s|/label\b)")
_CELL = re.compile(rf"\s*\|{{1,2}}\s*{_BOLD}({_NAME})\s*:?{_BOLD}:?\s*\|{{1,2}}([^|]*)\|{{0,2}}\s*$")
# A box of a form: what is not ticked was not asked for.
_BOX = re.compile(r"\s*[-*+] \[(.)\]\s*")
NOTHING = frozenset({"", "_no response_", "-", "\u2013", "\u2014", "n/a", "#n/a", "none", "null", "nan"})
"""What people, forms and programs write where there is nothing."""
# Fields that go on over several lines, until the next field or heading.
_LONG = frozenset({"reason"})


@cache
def _names() -> dict[str, str]:
    """The columns of the tickets table by the names that people give the fields."""
    columns = written(__package__, "fields", dict[str, list[str]])
    return {name: column for column, names in columns.items() for name in names}


def without_comments(text: str | None) -> str:
    """A description without what the template says to whoever fills it in."""
    return _COMMENT.sub("", (text or "")[:_LONGEST]).strip()


def fields(description: str | None) -> dict[str, str]:
    """What a request says, by the columns of the tickets table; the first of a field counts."""
    found: dict[str, str] = {}
    current: str | None = None
    for line in without_comments(description).splitlines():
        name, value, alone = _field(line)
        if name:
            current = name if name not in found and (alone or name in _LONG) else None
            found.setdefault(name, value)
        elif _ANOTHER.match(line):
            current = None
        elif (box := _BOX.match(line)) and box[1] not in "xX":
            continue
        elif current and line.strip():
            found[current] = f"{found[current]}\n{line[box.end() if box else 0 :].strip()}".strip()
            current = current if current in _LONG or box else None
    return {name: value for name, value in found.items() if not _says_nothing(name, value)}


def _says_nothing(name: str, value: str) -> bool:
    """Whether a field is left empty, or is of a mail that somebody forwarded: `From: mia@…` is no beginning."""
    return value.strip().casefold() in NOTHING or (name in ("starts_at", "ends_at") and "@" in value)


def _field(line: str) -> tuple[str | None, str, bool]:
    """The field that a line begins, its value there, and whether the value stands on the lines below."""
    if heading := _HEADING.match(line):
        return _names().get(heading[1].casefold()), "", True
    for pattern in (_CELL, _LINE):
        if match := pattern.match(line):
            name = _names().get(match[1].strip().casefold())
            if name:
                return name, (match[2] or "").strip(), False
    return None, "", False
