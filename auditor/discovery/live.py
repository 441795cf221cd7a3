"""Sources made of the few words that somebody gives: a profile, a project, a server, hosts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pkgutil import resolve_name
from typing import Any

from auditor.errors import SourceError
from collectors.registry import LIVE


def live_sources(given: Iterable[tuple[str, Sequence[str]]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The sources of each family for what was said of it, and a sentence for each word of which none could be made."""
    found: list[dict[str, Any]] = []
    missed: list[str] = []
    names: Counter[str] = Counter()
    for family, words in given:
        place, _, each = LIVE[family]
        for batch in [[word] for word in words] if each else [list(words)] * bool(words):
            try:
                made = list(resolve_name(f"collectors.{place}")(batch))
            except SourceError as error:
                missed.append(f"{', '.join(batch)}: {' '.join(error.diagnostics())}")
                continue
            for one in made:
                names[one["name"]] += 1
                number = names[one["name"]]
                found.append({**one, "name": f"{one['name']}-{number}" if number > 1 else one["name"]})
    return found, missed
