"""Which source of auditor.yaml reads which file of a folder: each provider's room knows its own files."""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import msgspec
from msgspec import Struct, field

from auditor.model.written import written
from collectors.files import unpacked
from collectors.log_files import beside
from collectors.packing import utf8
from collectors.registry import FILES

_HEAD = 1 << 16
_WHOLE = 1 << 24
_NAMING = {"file", "path", "audit_log"}
_ALONE = "it goes with what `aws iam get-account-authorization-details` prints, which is not here"
_BESIDE = "it goes beside a file that tells who holds what, which is not here"


class Recognised(Struct, frozen=True):
    """What a file is.

    Args:
        kind: the kind of source that reads it.
        called: what the source is named.
        setting: the source's setting that names it.
        account: the AWS account that it tells of.
        folder: whether the source reads a whole folder of such files.
        telling: whether the folders below that one tell what a file is of.
        above: how many folders above it the one is that the source reads; 0 for none.
        settings: what else the source needs to be told.
        guessed: those of them that the file does not tell.
        lacks: why no source reads it as it lies there, and what to do; empty where one does.
    """

    kind: str
    called: str
    setting: str
    account: str | None = None
    folder: bool = False
    telling: bool = False
    above: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    guessed: frozenset[str] = frozenset()
    lacks: str = ""


Recogniser = Callable[[str, str], Recognised | None]
"""The source that reads a file, by its name and by how it begins."""


class Sources(Struct, frozen=True):
    """What a folder holds: sources as auditor.yaml has them, and the files that nothing reads.

    Args:
        lacking: files that are known and not read as they lie there, each with what they lack.
    """

    sources: tuple[dict[str, Any], ...]
    left: tuple[str, ...]
    lacking: Mapping[str, str]


def sources_in(folder: Path, base: Path) -> Sources:
    """The sources that read what is in a folder; their paths are relative to `base`, where it lies below it.

    Raises:
        OSError: the folder cannot be listed.
    """
    found, left, lacking = _files(folder)
    grouped: dict[tuple[str, str], dict[str, Any]] = {}
    for path, what in _places(folder, base, found, (*left, *lacking)):
        shared = what.kind in ("aws-iam", "gcp-iam")
        key = (what.kind, what.account or "" if shared else str(path))
        settings = grouped.setdefault(key, {"name": what.called, "kind": what.kind, **_told(what, found)})
        if what.account:
            settings["account"] = what.account
        written = _written(path, base)
        if what.setting == "beside":
            settings.setdefault("beside", []).append(written)
        elif what.setting in settings:
            grouped[what.kind, str(path)] = {**settings, what.setting: written}
        else:
            settings[what.setting] = written
    whole = [one for one in grouped.values() if one.keys() & _NAMING]
    alone = [one["credential_report"] for one in grouped.values() if one not in whole and "credential_report" in one]
    lacking |= dict.fromkeys(alone, _ALONE)
    lacking |= {name: _BESIDE for one in grouped.values() if one not in whole for name in one.get("beside", ())}
    return Sources(tuple(_named(whole)), tuple(left), lacking)


def _files(folder: Path) -> tuple[dict[Path, Recognised], list[str], dict[str, str]]:
    recognise = list(map(_recogniser, FILES))
    found: dict[Path, Recognised] = {}
    left: list[str] = []
    lacking: dict[str, str] = {}
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        head = _head(path, whole=name.endswith((".json", ".csv")))
        what = next((known for ask in recognise if (known := ask(f"/{name}", head))), None)
        if what and what.lacks:
            lacking[name] = what.lacks
        elif what and (what.kind != "aws-iam" or what.account):
            found[path] = what
        else:
            left.append(name)
    # A source that reads the folder of a host, or of a server, reads all that lies in it.
    whole = {path.parents[what.above - 1] for path, what in found.items() if what.above}
    return found, [name for name in left if whole.isdisjoint((folder / name).parents)], lacking


class _Look(msgspec.Struct, frozen=True):
    """What one kind of file looks like, as recognise.yaml has it: all marks of what it holds, and of its name."""

    kind: str
    called: str
    marks: list[str]
    name: str = ""
    setting: str = ""
    folder: bool = False
    above: int = 0
    settings: dict[str, Any] = {}
    account: str = ""
    lacks: str = ""

    def recognised(self, name: str, head: str) -> Recognised | None:
        if not (re.search(self.name, name) and all(re.search(mark, head) for mark in self.marks)):
            return None
        found = re.search(self.account, head) if self.account else None
        told = {one: getattr(self, one) for one in ("folder", "above", "settings", "lacks")}
        return Recognised(self.kind, self.called, self.setting, account=found[1] if found else None, **told)


def _recogniser(place: str) -> Recogniser:
    if ":" in place:
        own: Recogniser = resolve_name(f"collectors.{place}")
        return own
    looks = written(f"collectors.{place}", "recognise", list[_Look])
    return lambda name, head: next((found for one in looks if (found := one.recognised(name, head))), None)


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith("."):
            # Beside the keys that open a login lie private ones, which are nobody's business.
            keys = Path(entry.path, "authorized_keys")
            if entry.name == ".ssh" and not entry.is_symlink() and keys.is_file() and not keys.is_symlink():
                yield keys
        elif entry.is_dir(follow_symlinks=False) and not _is_own(Path(entry.path)):
            yield from _walk(Path(entry.path))
        elif entry.is_file(follow_symlinks=False) and not beside(entry.name):
            yield Path(entry.path)


def _is_own(folder: Path) -> bool:
    """Whether it is what runs of the auditor left: a store of evidence, or the folder of outputs."""
    return (folder / "ledger.sqlite").exists() or (folder / "manifests").is_dir()


def _head(path: Path, *, whole: bool) -> str:
    """How a file begins, unpacked; of a file that is read as one value all of it, up to a bound."""
    with path.open("rb") as file:
        data = file.read(_WHOLE if whole else _HEAD)
    try:
        return utf8(unpacked(data, _WHOLE)[0]).decode("utf-8", "replace")
    except ValueError:
        return ""  # what is damaged is nothing that can be recognised


def _places(
    folder: Path, base: Path, found: Mapping[Path, Recognised], left: Iterable[str]
) -> Iterator[tuple[Path, Recognised]]:
    """The file or folder that a source names, once each."""
    kinds: defaultdict[Path, Counter[str]] = defaultdict(Counter)
    for path, what in found.items():
        for above in _up_to(folder, path):
            kinds[above][what.kind] += 1
    # Beside auditor.yaml, other things will come to lie.
    others = {base, *(above for name in left for above in _up_to(folder, folder / name))}
    given: set[tuple[str, Path]] = set()
    for path, what in found.items():
        place = path.parents[what.above] if what.above else path
        if what.folder:
            place = _highest(_up_to(folder, path), kinds, () if what.telling else others) or path
        if (what.kind, place) not in given:
            given.add((what.kind, place))
            yield place, what


def _told(what: Recognised, found: Mapping[Path, Recognised]) -> dict[str, Any]:
    """What a source needs to be told; what its file does not tell is what the others of its provider all say."""
    settings = dict(what.settings)
    if not what.guessed:
        return settings
    provider = what.kind.partition("-")[0]
    others = [one for one in found.values() if one.kind.partition("-")[0] == provider]
    for name in what.guessed:
        known = {one.settings[name] for one in others if name in one.settings and name not in one.guessed}
        if len(known) == 1:
            settings[name] = known.pop()
    return settings


def _up_to(folder: Path, path: Path) -> Iterator[Path]:
    """The folders that a file lies in, the innermost first."""
    for above in path.parents:
        yield above
        if above == folder:
            return


def _highest(folders: Iterable[Path], kinds: Mapping[Path, Counter[str]], others: Collection[Path]) -> Path | None:
    """The highest folder that holds files of one kind only; one with what nothing reads only for files of several."""
    alone = list(takewhile(lambda above: len(kinds[above]) == 1, folders))
    while len(alone) > 1 and alone[-1] in others and kinds[alone[-1]] == kinds[alone[-2]]:
        alone.pop()
    return alone[-1] if alone else None


def _written(path: Path, base: Path) -> str:
    text = os.path.relpath(path, base) if path.is_relative_to(base) else str(path)
    return f"{text}/" if path.is_dir() else text


def _named(sources: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    counts: defaultdict[str, int] = defaultdict(int)
    for settings in sources:
        name = settings["name"]
        counts[name] += 1
        yield {**settings, "name": name if counts[name] == 1 else f"{name}-{counts[name]}"}
