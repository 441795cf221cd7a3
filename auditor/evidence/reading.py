"""Reading stored parts back, each checked against the hash in its manifest."""

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from auditor.errors import AlteredError
from auditor.evidence.files import Files, explained, fingerprint
from auditor.evidence.manifest import Part, RawFile

_READERS = 4


def read_raw(files: Files, file: RawFile) -> bytes:
    """A raw object as it was received.

    Raises:
        AlteredError: it is missing or is not what its manifest says.
    """
    from isal import igzip  # late: most questions need no original

    data: bytes = igzip.decompress(checked(files, file))  # type: ignore[no-untyped-call]
    return data


def check(files: Files, parts: Iterable[Part]) -> None:
    """See that parts which another program reads, by their names, are what their manifests say.

    Raises:
        AlteredError: one is missing, or is not what its manifest says.
    """

    def one(part: Part) -> None:
        with (
            explained(f"read {part.path}", let_through=(FileNotFoundError,)),
            files.open(part.path) as stream,
        ):
            if fingerprint(stream) != (part.bytes, part.sha256):
                raise _altered(part)

    with ThreadPoolExecutor(_READERS) as threads:
        try:
            list(threads.map(one, parts))
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
