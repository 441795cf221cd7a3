"""The manifests as a chain: reading it in order, adding to it, and mending what a killed run left."""

from pathlib import PurePosixPath

from auditor.errors import AlteredError
from auditor.evidence.files import Files
from auditor.evidence.manifest import (
    FOLDER,
    HEAD,
    Intent,
    Link,
    Manifest,
    decode,
    decode_head,
    decode_intent,
    encode,
    link,
    path_of,
)

DATA = ("lake", "raw", "kept")
INTENTS = "pending"


class Chain:
    """The manifests of one store. What was read once is kept: a manifest never changes."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._known: dict[str, tuple[Manifest, Link]] = {}

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

    def append(self, manifest: Manifest) -> None:
        """Write the manifest, then HEAD. From the first of the two on, the run is stored."""
        data = encode(manifest)
        self._files.write(path_of(manifest.run), data)
        self._files.write(HEAD, encode(link(manifest, data)))

    def announce(self, intent: Intent) -> None:
        """Say which files are about to be put in place."""
        self._files.write(_intent_path(intent.run), encode(intent))

    def settle(self, run: str) -> None:
        """The run is stored whole: take its announcement away."""
        self._files.remove([_intent_path(run)])

    def mend(self) -> None:
        """Finish, or undo, what killed runs left half done. Only for the holder of the lock."""
        pending = self._files.read(self._files.list(INTENTS))
        for data in pending.values():
            intent = decode_intent(data)
            if intent is not None and not self._files.read([path_of(intent.run)]):
                self._files.remove(p for p in intent.paths if _belongs(p, intent.run))
        newest = self.newest()
        if newest is not None and self._head() != newest:
            self._files.write(HEAD, encode(newest))
        self._files.remove(pending)

    def _ordered(self) -> list[tuple[Manifest, Link]]:
        paths = [path for path in self._files.list(FOLDER) if path.endswith(".json")]
        for path, data in self._files.read(path for path in paths if path not in self._known).items():
            manifest = decode(data, path)
            self._known[path] = (manifest, link(manifest, data))
        ordered = sorted((self._known[path] for path in paths), key=lambda known: known[1].number)
        expected = [None, *(known[1] for known in ordered)]
        if any(m.previous != before for (m, _), before in zip(ordered, expected, strict=False)):
            raise _broken("the manifests do not follow each other")
        head = self._head()
        if head is not None and head not in expected[-2:]:
            raise _broken(f"{HEAD} names the run {head.run}, which is not the newest manifest")
        if head is None and len(ordered) > 1:
            raise _broken(f"{HEAD} is missing")
        return ordered

    def _head(self) -> Link | None:
        data = self._files.read([HEAD]).get(HEAD)
        return None if data is None else decode_head(data)


def run_of(path: str) -> str:
    """The run that a file of the store belongs to, by the file's name; the opposite of `path_of`."""
    return PurePosixPath(path).stem


def _intent_path(run: str) -> str:
    return f"{INTENTS}/{run}.json"


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
