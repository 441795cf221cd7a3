"""Reading stored parts back, each checked against the hash in its manifest."""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock
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
    """Which parts are what their manifests say: each is looked at once, and some before they are asked for.

    Several threads may ask.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._looked: dict[str, Future[None]] = {}
        self._lock = Lock()

    def begin(self, parts: Iterable[Part]) -> None:
        """Look at parts that may be asked for, while other work is done; whoever asks for one is told what is wrong."""
        self._looking(parts, _AHEAD)

    def see(self, parts: Iterable[Part]) -> None:
        """See that parts which another program reads, by their names, are what their manifests say.

        Raises:
            AlteredError: one is missing, or is not what its manifest says.
        """
        looking = self._looking(parts, _READERS)
        wait(looking)
        for looked in looking:
            looked.result()

    def stop(self) -> None:
        """Leave alone what has not been looked at."""
        with self._lock:
            begun = list(self._looked.values())
        wait([looked for looked in begun if not looked.cancel()])

    def _looking(self, parts: Iterable[Part], readers: int) -> list[Future[None]]:
        """The looks at parts; those begin that never did, were left alone or found something wrong."""
        wanted = {part.path: part for part in parts}
        with self._lock:
            if new := [part for path, part in wanted.items() if _is_due(self._looked.get(path))]:
                threads = ThreadPoolExecutor(readers)
                self._looked |= {part.path: threads.submit(self._look, part) for part in new}
                threads.shutdown(wait=False)  # they end with their work
            return [self._looked[path] for path in wanted]

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


def _is_due(looked: Future[None] | None) -> bool:
    return looked is None or looked.cancelled() or (looked.done() and looked.exception() is not None)


def _altered(file: Part | RawFile) -> AlteredError:
    return AlteredError(f"{file.path} is not what was stored: it was altered.", do="Run `auditor verify`.")
