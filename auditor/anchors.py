"""What vouches for runs from outside of their store: a signature and a time stamp of what the chain ended with.

Each is a proof over a statement: run, time, place and hash, as JSON. Statements and proofs are only ever added; whoever
makes the chain anew has no proof of it, and whoever rolls it back leaves the statements of what it was.
"""

import logging
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

import msgspec
from msgspec import Struct

from auditor.config import Config
from auditor.config.models import Anchor
from auditor.errors import AlteredError, StoreError
from auditor.evidence import judgements
from auditor.evidence.files import Files
from auditor.evidence.opening import open_files
from auditor.evidence.store import Store
from auditor.evidence.verify import Problem
from auditor.ledger import Head
from auditor.signatures import sign, signed_by
from auditor.timestamps import stamp, stamped_at

FOLDER = "heads"
# A run of now is stamped now: one that claims an older time was made later, or looked into the past.
_LATE = timedelta(days=1)
_EARLY = timedelta(hours=1)
_log = logging.getLogger(__name__)


class _Kind(Struct, frozen=True):
    """A way of vouching: what its proof is called, how its file's name ends, how it is made, if at all, and checked."""

    name: str
    suffix: str
    make: Callable[[bytes, Head], bytes | None]
    holds: Callable[[bytes, bytes, Head], bool]


def vouch(config: Config, head: Head) -> tuple[str, ...]:
    """Have a run vouched for in every way that is configured; what failed is returned, a sentence each."""
    if config.anchor is None:
        return ()
    files, data = _files(config, config.anchor), msgspec.json.encode(head)
    problems = []
    for kind in (*_kinds(config, config.anchor), _Kind("statement", "", lambda data, _: data, lambda *_: True)):
        path = f"{_path(head)}{kind.suffix}"
        try:
            if not files.read([path]) and (proof := kind.make(data, head)):
                files.write(path, proof)
        except StoreError as error:
            problems.append(f"There is no {kind.name} for the run {head.run}: {' '.join(error.diagnostics())}")
    return tuple(problems)


def vouched(config: Config, store: Store, at: datetime) -> list[Head]:
    """Runs until a time that somebody outside vouches for, and that the chain does not have, oldest first."""
    if config.anchor is None:
        return []
    try:
        present = {link.sha256 for link in store.links()}
        kinds, files = list(_kinds(config, config.anchor)), _files(config, config.anchor)
        statements = _statements(files, except_for=present)
        proven = [one.head for one in statements if one.head and one.head.at <= at and one.holding(kinds)]
    except StoreError as error:  # nor can this run be vouched for then, which makes it incomplete
        _log.warning("Whether somebody vouches for runs that are gone is not known: %s", " ".join(error.diagnostics()))
        return []
    return sorted(proven, key=lambda head: (head.at, head.number))


def unvouched(config: Config, store: Store) -> Iterator[Problem]:
    """Proofs that do not hold, runs that are vouched for and gone, and a newest run that nobody vouches for.

    Raises:
        StoreError: the proofs cannot be read, or nothing is there to check them with.
    """
    if config.anchor is None:
        return
    try:
        present = {link.sha256: link.number for link in store.links()}
        newest = max((one.number for one in judgements.judgements(store)), default=0)
    except AlteredError:  # said already
        return
    kinds, files = list(_kinds(config, config.anchor)), _files(config, config.anchor)
    reached = {kind.name: 0 for kind in kinds}
    for one in _statements(files):
        holding = one.holding(kinds)
        yield from _faults(one, f"{files.name}/{one.path}", [kind for kind in kinds if kind.suffix not in holding])
        number = present.get(one.head.sha256) if one.head else None
        if one.head and holding and number is None:
            sentence = f"vouches for the run {one.head.run} ({one.head.sha256}), and the chain does not have it."
            yield Problem(one.path, "missing", f"{files.name}/{one.path} {sentence}")
        reached |= {kind.name: max(reached[kind.name], number or 0) for kind in kinds if kind.suffix in holding}
    for name, number in reached.items():
        if newest > number:
            since = f"since the chain's record {number}" if number else "yet"
            yield Problem(FOLDER, "missing", f"No {name} vouches for a run {since}; the next run is to have one.")


def _faults(one: "_Statement", name: str, failing: Iterable[_Kind]) -> Iterator[Problem]:
    if one.head is None:
        yield Problem(one.path, "altered", f"{name} is no statement of a run.")
    elif not one.proofs:
        yield Problem(one.path, "altered", f"{name} is vouched for by nobody.")
    else:
        for kind in failing:
            if kind.suffix in one.proofs:
                sentence = f"{name}{kind.suffix} does not vouch for the run {one.head.run}."
                yield Problem(one.path, "altered", sentence)


class _Statement(Struct, frozen=True):
    """What is vouched for, None where it cannot be read; its proofs by the suffix of their files."""

    path: str
    head: Head | None
    data: bytes
    proofs: Mapping[str, bytes]

    def holding(self, kinds: Iterable[_Kind]) -> set[str]:
        """Those of its proofs of these kinds that hold."""
        return {
            kind.suffix
            for kind in kinds
            if self.head and kind.suffix in self.proofs and kind.holds(self.data, self.proofs[kind.suffix], self.head)
        }


def _statements(files: Files, except_for: Collection[str] = ()) -> Iterator[_Statement]:
    present = files.read(files.list(FOLDER))
    for path, data in sorted(present.items()):
        if not path.endswith(".json"):
            continue
        try:
            head = msgspec.json.decode(data, type=Head)
        except (msgspec.DecodeError, UnicodeDecodeError):
            head = None
        if head is None or head.sha256 not in except_for:
            proofs = {name.removeprefix(path): proof for name, proof in present.items() if name.startswith(f"{path}.")}
            yield _Statement(path, head, data, proofs)


def _kinds(config: Config, anchor: Anchor) -> Iterator[_Kind]:
    if anchor.ssh_key and anchor.allowed_signers:
        key, signers = config.base / anchor.ssh_key, config.base / anchor.allowed_signers
        yield _Kind(
            "signature",
            ".sig",
            lambda data, _: sign(data, key),
            lambda data, proof, _: _is_signed(data, proof, signers, anchor.identity),
        )
    if anchor.timestamp and anchor.timestamp_roots:
        authority, roots = anchor.timestamp, config.base / anchor.timestamp_roots
        yield _Kind(
            "time stamp",
            ".tsr",
            lambda data, head: _stamped(data, head, authority, roots),
            lambda data, proof, head: _in_time(head, stamped_at(data, proof, roots)),
        )


def _is_signed(data: bytes, proof: bytes, signers: Path, identity: str) -> bool:
    with tempfile.NamedTemporaryFile() as signature:
        Path(signature.name).write_bytes(proof)
        return signed_by(data, Path(signature.name), signers, identity) is not None


def _stamped(data: bytes, head: Head, authority: str, roots: Path) -> bytes | None:
    """A time stamp; none for a look into the past: a stamp of the next run vouches for it, with all before."""
    proof = stamp(data, authority, roots)
    return proof if _in_time(head, stamped_at(data, proof, roots)) else None


def _in_time(head: Head, when: datetime | None) -> bool:
    return when is not None and head.at - _EARLY <= when <= head.at + _LATE


def _files(config: Config, anchor: Anchor) -> Files:
    return open_files(anchor.folder if "://" in anchor.folder else str(config.base / anchor.folder), {})


def _path(head: Head) -> str:
    """A name of its own for each hash, so that nothing is ever written over."""
    return str(PurePosixPath(FOLDER) / f"{head.run}-{head.sha256[:16]}.json")
