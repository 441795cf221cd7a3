"""Attacks on what the auditor stored, each as the one who can write there would do it; `docs/security.md` lists them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from auditor.evidence.manifest import HEAD, Link, Manifest, encode, link, path_of

VERIFY, HASH, ANCHOR, RUN = BY = (
    "`auditor verify`",
    "`--head` with a hash from outside",
    "the proofs of `anchor`",
    "the next run",
)


@dataclass(frozen=True)
class Place:
    """A store of two nights that are signed, and the output folder: ledger, findings, the log of a cleanup script."""

    root: Path

    @property
    def store(self) -> Path:
        return self.root / "evidence"

    @property
    def output(self) -> Path:
        return self.root / "output"

    def proof(self, run: str, suffix: str) -> Path:
        (found,) = self.root.glob(f"anchors/heads/{run}-*{suffix}")
        return found

    def part(self, run: str, table: str) -> Path:
        (found,) = self.store.glob(f"lake/{table}/*/{run}-*")
        return found

    def manifest(self, run: str) -> Path:
        return self.store / path_of(run)

    def kept(self, run: str, name: str) -> Path:
        files = json.loads(self.manifest(run).read_text())["kept"]
        return self.store / next(file["path"] for file in files if file["origin"] == name)

    def ledger(self, statement: str) -> None:
        with sqlite3.connect(self.output / "ledger.sqlite") as database:
            database.execute(statement)
        database.close()


@dataclass(frozen=True)
class Attack:
    """What is done, and everything that notices it."""

    what: str
    noticed_by: tuple[str, ...]
    do: Callable[[Place], object]


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def _edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def _link(place: Path, outside: Path) -> None:
    place.rename(outside)
    place.symlink_to(outside)


def _back_to_first_night(place: Place) -> None:
    """The store as it was after its first night, to the last byte."""
    for run in ("n2", "n2.judged"):
        for file in _files(place, run):
            (place.store / file).unlink(missing_ok=True)
        place.manifest(run).unlink()
    first = place.manifest("n1.judged").read_bytes()
    (place.store / HEAD).write_bytes(encode(link(msgspec.json.decode(first, type=Manifest), first)))


def _files(place: Place, run: str) -> Iterator[str]:
    manifest = _manifest(place, run)
    yield from (file.path for file in manifest.files if f"/{run}-" in file.path)


def _forge(place: Place) -> None:
    """Take a night's rows away, and make every hash from there on anew, as the auditor itself would have."""
    part = place.part("n1", "accounts")
    shutil.copy(place.part("n2", "accounts"), part)
    previous: Link | None = None
    for run in ("n1", "n1.judged", "n2", "n2.judged"):
        manifest = _manifest(place, run)
        path, data = part.relative_to(place.store).as_posix(), part.read_bytes()
        parts = tuple(
            msgspec.structs.replace(one, sha256=sha256(data).hexdigest(), bytes=len(data)) if one.path == path else one
            for one in manifest.parts
        )
        made = msgspec.structs.replace(manifest, parts=parts, previous=previous)
        place.manifest(run).write_bytes(encode(made))
        previous = link(made, encode(made))
    assert previous is not None
    (place.store / HEAD).write_bytes(encode(previous))


def _forge_and_forget(place: Place) -> None:
    _forge(place)
    (place.output / "ledger.sqlite").unlink()


def _begin_anew(place: Place) -> None:
    """Keep the second night only, as the first of a chain."""
    for run in ("n1", "n1.judged"):
        for file in _files(place, run):
            (place.store / file).unlink()
        place.manifest(run).unlink()
    previous = None
    for number, run in enumerate(("n2", "n2.judged"), start=1):
        manifest = _manifest(place, run)
        present = [
            tuple(f for f in files if (place.store / f.path).exists()) for files in (manifest.parts, manifest.kept)
        ]
        made = msgspec.structs.replace(manifest, number=number, previous=previous, parts=present[0], kept=present[1])
        place.manifest(run).write_bytes(encode(made))
        previous = link(made, encode(made))
    (place.store / HEAD).write_bytes(encode(previous))


def _go_back_and_forget(place: Place) -> None:
    _back_to_first_night(place)
    (place.output / "ledger.sqlite").unlink()


def _go_back_whole(place: Place) -> None:
    _go_back_and_forget(place)
    for file in (place.root / "anchors/heads").glob("n2.judged-*"):
        file.unlink()


def _forge_statements(place: Place) -> None:
    """Make the chain anew, forget the ledger, and write statements that fit, with the signatures that there were."""
    _forge_and_forget(place)
    for run in ("n1.judged", "n2.judged"):
        made, statement = link(_manifest(place, run), place.manifest(run).read_bytes()), place.proof(run, ".json")
        statement.write_text(json.dumps({**json.loads(statement.read_text()), "sha256": made.sha256}))


def _manifest(place: Place, run: str) -> Manifest:
    return msgspec.json.decode(place.manifest(run).read_bytes(), type=Manifest)


EVERYTHING = (VERIFY, HASH, ANCHOR, RUN)
IN_STORE = (VERIFY, HASH, ANCHOR)

ATTACKS = (
    Attack("A byte of a Parquet part is flipped", EVERYTHING, lambda p: _flip(p.part("n2", "accounts"))),
    Attack(
        "A part is replaced by another night's, which is sound in itself",
        EVERYTHING,
        lambda p: shutil.copy(p.part("n1", "accounts"), p.part("n2", "accounts")),
    ),
    Attack("A part of a log is cut short", EVERYTHING, lambda p: p.part("n1", "activity").write_bytes(b"PAR1")),
    Attack("A part is deleted", EVERYTHING, lambda p: p.part("n2", "accounts").unlink()),
    Attack("A part of a log from an earlier night is deleted", EVERYTHING, lambda p: p.part("n1", "activity").unlink()),
    Attack(
        "A part is put into the lake that no run stored; nothing reads it",
        IN_STORE,
        lambda p: shutil.copy(p.part("n1", "accounts"), p.part("n1", "accounts").with_name("n1-iam-99.parquet")),
    ),
    Attack("A part lies elsewhere, by a link", EVERYTHING, lambda p: _link(p.part("n2", "accounts"), p.root / "x")),
    Attack("The lake lies elsewhere, by a link", EVERYTHING, lambda p: _link(p.store / "lake", p.root / "x")),
    Attack("A raw page of an API is edited", IN_STORE, lambda p: _flip(p.store / "raw/iam/n2-0.gz")),
    Attack("A raw page of an API is deleted", IN_STORE, lambda p: (p.store / "raw/iam/n1-0.gz").unlink()),
    Attack("The policy of a night is edited", EVERYTHING, lambda p: _flip(p.kept("n1", "auditor.yaml"))),
    Attack("The policy of a night is deleted", EVERYTHING, lambda p: p.kept("n1", "auditor.yaml").unlink()),
    Attack(
        "The findings that the chain keeps are edited", IN_STORE, lambda p: _flip(p.kept("n2.judged", "findings.json"))
    ),
    Attack(
        "A manifest is edited: a source that failed is called good",
        EVERYTHING,
        lambda p: _edit(p.manifest("n1"), '"failed"', '"ok"'),
    ),
    Attack("The newest manifest is edited", EVERYTHING, lambda p: _edit(p.manifest("n2.judged"), '"1"', '"2"')),
    Attack("A manifest in the middle is deleted", EVERYTHING, lambda p: p.manifest("n2").unlink()),
    Attack("The newest manifest is deleted", EVERYTHING, lambda p: p.manifest("n2.judged").unlink()),
    Attack("All manifests are deleted", EVERYTHING, lambda p: shutil.rmtree(p.store / "manifests")),
    Attack(
        "A manifest is put beside the chain",
        EVERYTHING,
        lambda p: shutil.copy(p.manifest("n1"), p.manifest("n1b")),
    ),
    Attack(
        "A manifest names files outside of the store",
        EVERYTHING,
        lambda p: _edit(p.manifest("n1"), "lake/accounts/", "../../etc/"),
    ),
    Attack("HEAD is deleted", EVERYTHING, lambda p: (p.store / HEAD).unlink()),
    Attack("HEAD names an older night", EVERYTHING, lambda p: _edit(p.store / HEAD, "n2.judged", "n1.judged")),
    Attack("The store is rolled back to the night before", EVERYTHING, _back_to_first_night),
    Attack("The store is deleted", EVERYTHING, lambda p: shutil.rmtree(p.store)),
    Attack("The chain is begun anew from the second night", EVERYTHING, _begin_anew),
    Attack("Rows are taken away and all hashes made anew", EVERYTHING, _forge),
    Attack("The same, and the ledger is deleted too", (HASH, ANCHOR, RUN), _forge_and_forget),
    Attack("The same, and what was signed is made to fit", (HASH, ANCHOR), _forge_statements),
    Attack("The store is rolled back, and the ledger is deleted too", (HASH, ANCHOR, RUN), _go_back_and_forget),
    Attack("The same, and the proofs of the night are deleted too", (HASH,), _go_back_whole),
    Attack("A signature is deleted", (ANCHOR,), lambda p: p.proof("n2.judged", ".sig").unlink()),
    Attack(
        "A signature is replaced by another night's",
        (ANCHOR,),
        lambda p: shutil.copy(p.proof("n1.judged", ".sig"), p.proof("n2.judged", ".sig")),
    ),
    Attack(
        "findings.json of a run is edited", (VERIFY,), lambda p: _edit(p.output / "n2/findings.json", "high", "low")
    ),
    Attack("access.json of a run is edited", (VERIFY,), lambda p: _edit(p.output / "n2/access.json", "mia", "leon")),
    Attack(
        "A decision in the ledger is changed after a run",
        (VERIFY,),
        lambda p: p.ledger("update decisions set until = '2099-12-31'"),
    ),
    Attack("A decision is deleted from the ledger", (VERIFY,), lambda p: p.ledger("delete from decisions")),
    Attack(
        "The log of a cleanup script is edited after a run",
        (VERIFY,),
        lambda p: _edit(p.output / "n2/cleanup/cleanup-log.jsonl", "done", "failed"),
    ),
    Attack(
        "The ledger lies elsewhere, by a link",
        (VERIFY, RUN),
        lambda p: _link(p.output / "ledger.sqlite", p.root / "x"),
    ),
)
