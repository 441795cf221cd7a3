"""The next system of auditor.yaml: what `auditor init` left as a comment becomes an entry."""

import re

from auditor.discovery.render import NEXT

_FIRST = re.compile(rf"(?m)^{re.escape(NEXT)}- (?:\{{)?id: ([^,\s]+)")


def waiting(text: str) -> list[str]:
    """The ids of the systems that wait in comments, in their order."""
    return _FIRST.findall(text)


def grown(text: str, system: str) -> str:
    """The text with one of them made an entry.

    Raises:
        KeyError: none of them is called so.
    """
    lines, inside, found = [], False, False
    for line in text.splitlines(keepends=True):
        first = _FIRST.match(line)
        inside = first[1] == system if first else inside and line.startswith(NEXT)
        found |= inside
        lines.append(f"  {line.removeprefix(NEXT)}" if inside else line)
    if not found:
        raise KeyError(system)
    return "".join(lines)
