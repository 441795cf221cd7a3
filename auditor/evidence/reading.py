"""Reading stored parts back, each checked against the hash in its manifest."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from auditor.errors import AlteredError
from auditor.evidence.files import Files, explained, fingerprint
from auditor.evidence.manifest import Part, RawFile

T = TypeVar("T")
_READERS, _AHEAD = 4, 2


def aside(work: Callable[[], T]) -> Future[T]:
    """Work that is done in a thread of its own, which ends with it."""
    threads = ThreadPoolExecutor(1)
    begun = threads.submit(work)
    threads.shutdown(wait=False)
    return begun


def read_raw(files: Files, file: RawFile) -> bytes:
    """A raw object as it was received.

    Raises:
        AlteredError: it is missing or is not what its manifest says.
    """
    from isal import igzip  # late: most questions need no original

    data: bytes = igzip.decompress(checked(files, file))  # type: ignore[no-untyped-call]
    return data


class Checks:
    """Which parts are what their manifests say: each is looked at once, and some before they are asked for."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._seen: set[str] = set()
        self._begun: dict[str, Future[None]] = {}

    def begin(self, parts: Iterable[Part]) -> None:
        """Look at parts that may be asked for, while other work is done; whoever asks for one is told what is wrong."""
        new = {part.path: part for part in parts if part.path not in self._seen and part.path not in self._begun}
        self._begun |= self._looking(new, _AHEAD)

    def see(self, parts: Iterable[Part]) -> None:
        """See that parts which another program reads, by their names, are what their manifests say.

        Raises:
            AlteredError: one is missing, or is not what its manifest says.
        """
        wanted = {part.path: part for part in parts if part.path not in self._seen}
        begun = {path: self._begun.pop(path) for path in wanted if path in self._begun}
        looking = begun | self._looking({path: part for path, part in wanted.items() if path not in begun}, _READERS)
        wait(looking.values())
        for path, looked in looking.items():
            looked.result()
            self._seen.add(path)

    def stop(self) -> None:
        """Leave alone what nobody has asked for."""
        wait([looked for looked in self._begun.values() if not looked.cancel()])
        self._begun.clear()

    def _looking(self, parts: Mapping[str, Part], readers: int) -> dict[str, Future[None]]:
        if not parts:
            return {}
        threads = ThreadPoolExecutor(readers)
        begun = {path: threads.submit(self._look, part) for path, part in parts.items()}
        threads.shutdown(wait=False)  # they end with their work
        return begun

    def _look(self, part: Part) -> None:
        try:
            with (
                explained(f"read {part.path}", let_through=(FileNotFoundError,)),
                self._files.open(part.path) as stream,
            ):
                if fingerprint(stream) != (part.bytes, part.sha256):
                    raise _altered(part)
        except FileNotFoundError as error:
            raise AlteredError(
                f"{error.filename} is missing from the evidence store.", do="Run `auditor verify`."
            ) from error


def checked(files: Files, file: Part | RawFile) -> bytes:
    """A file's bytes.

    Raises:
        AlteredError: it is missing or is not what its manifest says.
    """
    data = files.read([file.path]).get(file.path)
    if data is None:
        raise AlteredError(f"{file.path} is missing from the evidence store.", do="Run `auditor verify`.")
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise _altered(file)
    return data


def _altered(file: Part | RawFile) -> AlteredError:
    return AlteredError(f"{file.path} is not what was stored: it was altered.", do="Run `auditor verify`.")
