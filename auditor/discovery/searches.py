"""Saved searches proposed for saved answers of monitoring: their folders say which system and which search."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from auditor.config.signals import SIGNAL_KINDS
from auditor.discovery.proposal import Entry

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_ASKS = {
    **dict.fromkeys(("prometheus", "loki"), ("query", "what was asked, and what do its values count (`unit`)?")),
    "sentry": ("project", "which project is it, by its slug?"),
    "grafana": ("", "which words stand in its annotations and alerts?"),
}
"""The setting that a search of a kind needs, empty where its answers lie in no folder of a system, and the question."""


def is_asked(source: Mapping[str, Any]) -> bool:
    """Whether it tells only what saved searches ask it: no person, right or ticket."""
    return source["kind"] in SIGNAL_KINDS


def searches(sources: Iterable[Mapping[str, Any]], base: Path, systems: Sequence[Entry]) -> Iterator[Entry]:
    """An entry for each folder and file of saved answers; one of no system that is judged is a comment."""
    judged = [entry.settings["id"] for entry in systems if entry.sure]
    named = {
        str(name).casefold(): entry.settings["id"]
        for entry in systems
        for name in (entry.settings["id"], *entry.settings.get("aliases", ()))
    }
    taken: set[tuple[str, str]] = set()
    for source in filter(is_asked, sources):
        asks, question = _ASKS[source["kind"]]
        found = _places(base / source["path"]) if asks else ((system, "alerts") for system in judged)
        for folder, name in found:
            system = named.get(folder.casefold(), folder)
            settings = {
                "system": system,
                "name": name,
                "source": source["name"],
                asks or "query": name if asks else system,
            }
            sure = system in judged and (system, name) not in taken
            taken.add((system, name))
            yield Entry(settings, question if sure else f"of which system is it? And {question}", sure=sure)


def _places(folder: Path) -> Iterator[tuple[str, str]]:
    """Systems and searches, as `<system>/<search>.json` or `<system>/<search>/….json` name them."""
    for system in sorted(one for one in folder.iterdir() if one.is_dir()):
        for name in sorted({one.name.removesuffix(".json") for one in system.iterdir()}):
            if _NAME.fullmatch(name):
                yield system.name, name
