"""The manifests as a chain: reading it in order, adding to it, and mending what a killed run left."""

import contextlib
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import PurePosixPath

from auditor.errors import AlteredError, LostError
from auditor.evidence.files import Files
from auditor.evidence.head import Head
from auditor.evidence.manifest import FOLDER, HEAD, Intent, Link, Manifest, decode, decode_intent, encode, link, path_of

DATA = ("lake", "raw", "kept")
INTENTS = "pending"


class Chain:
    """The manifests of one store. What was read once is kept: a manifest never changes."""

    def __init__(self, files: Files, head: Head) -> None:
        self._files = files
        self._head = head
        self._known: dict[str, tuple[Manifest, Link]] = {}
        self._steady = False
        self._now: list[tuple[Manifest, Link]] | None = None

    def manifests(self) -> list[Manifest]:
        """Every manifest, oldest first.

        Raises:
            AlteredError: the chain is broken: `verify` says where.
            StoreError: the store cannot be read.
        """
        return [manifest for manifest, _ in self._ordered()]

    def links(self) -> list[Link]:
        """Every manifest's place and hash, oldest first; raises as `manifests` does."""
        return [known for _, known in self._ordered()]

    def newest(self) -> Link | None:
        """The newest manifest; None before the first run."""
        ordered = self._ordered()
        return ordered[-1][1] if ordered else None

    @contextlib.contextmanager
    def steady(self) -> Iterator[None]:
        """Meanwhile look once whether others added to it, and again after what is added here."""
        self._steady = True
        try:
            yield
        finally:
            self._steady, self._now = False, None

    @contextlib.contextmanager
    def adding(self, manifest: Manifest, paths: Iterable[str], name: str) -> Iterator[None]:
        """Add to the chain: whoever is inside puts the files in place. When HEAD names it, the run is stored.

        Raises:
            LostError: another run has taken the lease; what was put in place is for the next run to take away.
        """
        data = encode(manifest)
        place, intent = f"{INTENTS}/{name}.json", Intent(run=manifest.run, paths=tuple(paths), manifest=data.decode())
        self._files.write(place, encode(intent))
        yield
        self._now = None
        try:
            self._head.write(link(manifest, data))
        except LostError:
            self._files.write(place, encode(intent))  # whoever took the lease may have taken it away too early
            raise
        self._files.write(path_of(manifest.run), data)
        self._files.remove([place])

    def mend(self) -> None:
        """Finish, or undo, what killed runs left half done. Only for the holder of the lock."""
        self._now = None
        pending = self._files.read(self._files.list(INTENTS))
        stored = {known.sha256: known for known in self.links()}
        self._head.confirm()  # whatever was announced and is not stored by now never will be
        for intent in filter(None, map(decode_intent, pending.values())):
            manifest = intent.manifest.encode()
            known = stored.get(sha256(manifest).hexdigest())
            if known is not None:
                self._files.write(path_of(known.run), manifest)
            elif manifest or not self._files.read([path_of(intent.run)]):  # earlier versions announced files alone
                self._files.remove(p for p in intent.paths if _belongs(p, intent.run))
        newest = self.newest()
        if newest is not None and self._head.read() != newest:
            self._head.write(newest)
        self._files.remove(pending)
        self._now = None

    def _ordered(self) -> list[tuple[Manifest, Link]]:
        if self._now is None or not self._steady:
            self._now = self._read()
        return self._now

    def _read(self) -> list[tuple[Manifest, Link]]:
        head = self._head.read()
        found = self._listed()
        if head is not None and head not in (known for _, known in found.values()):
            # Its run is just being stored, or was killed between the two; or it came to its place since it was listed.
            found |= self._announced(head) or self._listed()
        ordered = sorted(found.values(), key=lambda known: known[1].number)
        expected = [None, *(known for _, known in ordered)]
        if any(m.previous != before for (m, _), before in zip(ordered, expected, strict=False)):
            raise _broken("the manifests do not follow each other")
        if head is not None and head not in expected[-2:]:
            raise _broken(f"{HEAD} names the run {head.run}, which is not the newest manifest")
        if head is None and len(ordered) > 1:
            raise _broken(f"{HEAD} is missing")
        return ordered

    def _listed(self) -> dict[str, tuple[Manifest, Link]]:
        paths = [path for path in self._files.list(FOLDER) if path.endswith(".json")]
        for path, data in self._files.read(path for path in paths if path not in self._known).items():
            manifest = decode(data, path)
            self._known[path] = (manifest, link(manifest, data))
        return {path: self._known[path] for path in paths}

    def _announced(self, head: Link) -> dict[str, tuple[Manifest, Link]]:
        return {path: (decode(data, path), head) for path, data in announced(self._files, head).items()}


def announced(files: Files, head: Link | None) -> dict[str, bytes]:
    """The manifest that HEAD names, by its path, as its run announced it before HEAD named it."""
    intents = map(decode_intent, files.read(files.list(INTENTS)).values()) if head else ()
    found = (intent.manifest.encode() for intent in intents if intent)
    return {path_of(head.run): data for data in found if head and sha256(data).hexdigest() == head.sha256}


def run_of(path: str) -> str:
    """The run that a file of the store belongs to, by the file's name; the opposite of `path_of`."""
    return PurePosixPath(path).stem


def _belongs(path: str, run: str) -> bool:
    """Whether it is a data file of that run: nothing else is ever removed."""
    pure = PurePosixPath(path)
    return (
        path.startswith(tuple(f"{folder}/" for folder in DATA))
        and ".." not in pure.parts
        and pure.name.startswith(f"{run}-")
    )


def _broken(reason: str) -> AlteredError:
    return AlteredError(
        f"The chain of manifests is broken: {reason}.",
        means="The evidence may have been tampered with, so that nothing is concluded from it.",
        do="Run `auditor verify`; restore the store from a backup, or begin a new one.",
    )
