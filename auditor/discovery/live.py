"""Sources made of the few words that somebody gives: a profile, a project, a server, hosts."""

from collections.abc import Iterable, Iterator, Sequence
from pkgutil import resolve_name
from typing import Any

from collectors.registry import LIVE


def live_sources(given: Iterable[tuple[str, Sequence[str]]]) -> list[dict[str, Any]]:
    """The sources of each family for what was said of it.

    Args:
        given: a family, such as `aws`, with what its room asks for.

    Raises:
        SourceError: a provider had to be asked and could not be.
    """
    found = [one for family, words in given if words for one in _of(family, words)]
    names: dict[str, int] = {}
    for one in found:
        names[one["name"]] = names.get(one["name"], 0) + 1
        if names[one["name"]] > 1:
            one["name"] = f"{one['name']}-{names[one['name']]}"
    return found


def _of(family: str, words: Sequence[str]) -> Iterator[dict[str, Any]]:
    sources: Iterator[dict[str, Any]] = resolve_name(f"collectors.{LIVE[family][0]}")(words)
    return sources
