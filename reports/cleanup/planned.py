"""The rights that a cleanup script takes away, read back from its text."""

import shlex
from pathlib import Path

from auditor.errors import UsageError
from reports.words import shown

_KEYS = ("PROVIDER", "TYPE", "ACCOUNT", "HOLDER_KIND", "HOLDER", "RIGHT")
_STARTS = ("  STEP='", "  HOLDER_KIND='", "  RIGHT='")
_LONGEST = 20_000_000


def planned(path: Path) -> frozenset[tuple[str, ...]]:
    """What tells apart each right of its steps, as `Right.logged` has it.

    Raises:
        UsageError: it cannot be read, or is no script that the auditor wrote.
    """
    try:
        text = path.read_text("utf-8") if path.stat().st_size <= _LONGEST else ""
        words = [shlex.split(line) for line in text.splitlines() if line.startswith(_STARTS)]
    except (OSError, ValueError) as error:
        raise _no_plan(path) from error
    found: list[dict[str, str]] = []
    for line in words:
        values = dict(word.split("=", 1) for word in line if "=" in word)
        if "STEP" in values:
            found.append({})
        if found:
            found[-1] |= values
    if not found or not all(all(key in step for key in _KEYS) for step in found):
        raise _no_plan(path)
    return frozenset(tuple(step[key] for key in _KEYS) for step in found)


def _no_plan(path: Path) -> UsageError:
    return UsageError(
        f"{shown(str(path))} holds no step of a cleanup.",
        means="Nothing was replayed.",
        do="Name a cleanup.sh, or the decisions.json that the page exports.",
    )
