"""Is everything that was stored still there, and unchanged? From the newest manifest back to the first."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Literal

from msgspec import Struct

from auditor.errors import AlteredError
from auditor.evidence.chain import DATA, INTENTS, announced, run_of
from auditor.evidence.files import Files, explained, fingerprint
from auditor.evidence.manifest import FOLDER, HEAD, Link, Manifest, Part, RawFile, decode, decode_head, path_of


class Problem(Struct, frozen=True):
    """Something that is not as the chain says it is: its path in the store, and a sentence."""

    path: str
    kind: Literal["missing", "altered", "unnamed"]
    sentence: str


def verify(files: Files, known: str | None = None) -> Iterator[Problem]:
    """Every manifest, part and raw object that is missing or altered, newest run first.

    `known` is the hash of a manifest, written down elsewhere, that must be among them.

    Raises:
        StoreError: the store cannot be read.
    """
    named, problems = _named(files)
    present = files.read(path for path in files.list(FOLDER) if path.endswith(".json"))
    present = {**announced(files, named), **present}
    manifests = _readable(present)
    pending = {run_of(path) for path in files.list(INTENTS)}
    newest = max(manifests.values(), key=lambda manifest: manifest.number, default=None)
    head, unlike = _head(named, newest, pending)
    problems += [] if problems else unlike
    if known and known.lower() not in {sha256(data).hexdigest() for data in present.values()}:
        problems.append(
            Problem(FOLDER, "missing", f"No run has the hash {known}: the chain was rolled back or made anew.")
        )
    broken = False
    for problem in itertools.chain(problems, _walk(files, present, manifests, head)):
        broken |= problem.path.startswith((FOLDER, HEAD))
        yield problem
    if newest is None and head is None and not pending and files.list(DATA[0]):
        yield Problem(FOLDER, "missing", "The store holds parts, but there is no manifest that names them.")
    elif not broken and not pending:
        yield from _unnamed(files, manifests.values())


def _unnamed(files: Files, manifests: Iterable[Manifest]) -> Iterator[Problem]:
    """What lies among the data and no run stored."""
    named: set[str] = set()
    for manifest in manifests:
        named |= {file.path for file in manifest.files}
    for folder in DATA:
        for path in files.list(folder):
            if path not in named:
                yield Problem(path, "unnamed", f"{path} is named by no manifest: no run stored it.")


def _readable(present: Mapping[str, bytes]) -> dict[str, Manifest]:
    manifests = {}
    for path, data in present.items():
        try:
            manifests[path] = decode(data, path)
        except AlteredError:  # `_walk` says so, in its place
            continue
    return manifests


def _named(files: Files) -> tuple[Link | None, list[Problem]]:
    """What HEAD names; and that it cannot be read, where it cannot."""
    data = files.read([HEAD]).get(HEAD)
    try:
        return None if data is None else decode_head(data).link, []
    except AlteredError as error:
        return None, [Problem(HEAD, "altered", error.what)]


def _head(head: Link | None, newest: Manifest | None, pending: set[str]) -> tuple[Link | None, list[Problem]]:
    """HEAD as far as it can be gone by, and what is wrong with it. A killed run of an earlier version wrote it last."""
    if newest is None or (head is not None and head.number >= newest.number):
        return head, []
    if newest.run in pending and newest.previous == head:
        return None, []
    if head is None:
        return None, [Problem(HEAD, "missing", f"{HEAD} is missing: whether newer runs were taken away is not known.")]
    return None, [
        Problem(HEAD, "altered", f"{HEAD} names the run {head.run}, but the newest manifest is {newest.run}'s.")
    ]


def _walk(
    files: Files, present: Mapping[str, bytes], manifests: Mapping[str, Manifest], head: Link | None
) -> Iterator[Problem]:
    by_number = {manifest.number: path for path, manifest in manifests.items()}
    expected = head
    checked: set[str] = set()
    for number in range(max([*by_number, head.number if head else 0], default=0), 0, -1):
        path = path_of(expected.run) if expected else by_number.get(number)
        problem = _manifest_problem(path, number, present, expected)
        if path is not None:
            checked.add(path)
        if problem is None and path is not None:
            manifest = manifests[path]
            fresh = [file for file in manifest.files if file.path not in checked]
            checked |= {file.path for file in fresh}
            yield from _file_problems(files, fresh, manifest.run)
            expected = manifest.previous
        else:
            if problem is not None:
                yield problem
            expected = None
    for path in sorted(present.keys() - checked):
        yield Problem(path, "altered", f"{path} is not part of the chain.")


def _manifest_problem(
    path: str | None, number: int, present: Mapping[str, bytes], expected: Link | None
) -> Problem | None:
    if path is None:
        return Problem(FOLDER, "missing", f"The manifest of run number {number} is missing.")
    if path not in present:
        return Problem(path, "missing", f"{path} is missing, the manifest of run number {number}.")
    if expected is not None and sha256(present[path]).hexdigest() != expected.sha256:
        return Problem(path, "altered", f"{path} was altered; what it names was not checked.")
    return None


def _file_problems(files: Files, stored: Iterable[Part | RawFile], run: str) -> Iterator[Problem]:
    for file in stored:
        try:
            with explained(f"read {file.path}", let_through=(FileNotFoundError,)), files.open(file.path) as stream:
                size, digest = fingerprint(stream)
        except FileNotFoundError:
            yield Problem(file.path, "missing", f"{file.path} is missing; the run {run} stored it.")
            continue
        if (size, digest) != (file.bytes, file.sha256):
            yield Problem(file.path, "altered", f"{file.path} is not what the run {run} stored.")
