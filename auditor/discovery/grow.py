"""The next system of auditor.yaml: what `auditor init` left as a comment becomes an entry."""

import re
from collections.abc import Collection, Iterable, Iterator

import yaml

from auditor.discovery.render import NEXT

_FIRST = re.compile(rf"(?m)^{re.escape(NEXT)}- (?:\{{)?id: ([^,\s]+)")


def waiting(text: str) -> list[str]:
    """The ids of the systems that wait in comments, in their order."""
    return _FIRST.findall(text)


def grown(text: str, system: str) -> str:
    """The text with one of them made an entry, and its names taken out of `later`.

    Raises:
        KeyError: none of them is called so.
    """
    lines, entry, inside = [], "", False
    for line in text.splitlines(keepends=True):
        first = _FIRST.match(line)
        inside = first[1] == system if first else inside and line.startswith(NEXT)
        entry += line.removeprefix(NEXT) if inside else ""
        lines.append(f"  {line.removeprefix(NEXT)}" if inside else line)
    if not entry:
        raise KeyError(system)
    (settings,) = yaml.safe_load(entry)
    return "".join(_without(lines, {settings["id"], *settings.get("aliases", ())}))


def _without(lines: Iterable[str], names: Collection[str]) -> Iterator[str]:
    """The lines without the names in the list `later`, and without that where nothing is left in it."""
    head: list[str] = []
    inside = False
    for line in lines:
        if inside and line.startswith("  - "):
            if yaml.safe_load(line)[0] not in names:
                yield from (*head, line)
                head = []
            continue
        inside = line.startswith("later:")
        if inside:
            head = [line]
        else:
            yield line
