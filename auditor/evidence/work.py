"""The local folder that a run works in: its lock, its staging, and where DuckDB spills."""

import contextlib
import hashlib
import json
import os
import shutil
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from auditor.errors import LockedError
from auditor.evidence.files import explained, make_folder, write_file


def work_folder(url: str) -> Path:
    """Where a run that stores at a URL works: one folder for each store, in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "production-access-auditor" / hashlib.sha256(url.encode()).hexdigest()[:16]


def staging_folder(work: Path) -> Path:
    """Holds a folder for the run that is going on."""
    return work / "staging"


def spill_folder(work: Path) -> str:
    """This process's own: DuckDB makes it when memory runs short, and takes it away again.

    Empty, which means that nothing spills, where the folder may only be read.
    """
    try:
        make_folder(work / "spill")
    except OSError:
        return ""
    return str(work / "spill" / str(os.getpid()))


def clear(work: Path) -> None:
    """Take away what killed runs left. Only for the holder of the lock; readers at work keep their spill."""
    with explained(f"write {work}"):
        if staging_folder(work).exists():
            shutil.rmtree(staging_folder(work))
        for folder in (work / "spill").glob("[0-9]*"):
            if not _alive(int(folder.name)):
                shutil.rmtree(folder)


@contextlib.contextmanager
def locked(folder: Path, wait: timedelta = timedelta()) -> Iterator[None]:
    """Hold the folder's lock, and wait for so long where another run does.

    The operating system lets go of it when the process dies.

    Raises:
        LockedError: another run holds it.
        StoreError: the lock cannot be made.
    """
    from filelock import FileLock, Timeout

    with explained(f"lock {folder}"):
        make_folder(folder)
        lock = FileLock(folder / "lock", timeout=wait.total_seconds(), mode=0o600, is_singleton=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise LockedError(
                f"Another run holds the lock of {folder}{_holder(folder)}.",
                means="Nothing was run.",
                do="Wait until it has ended (`--wait 1h` does), or end that process: the lock goes with it.",
            ) from error
    try:
        with explained(f"lock {folder}"):
            write_file(folder / "lock.holder", _myself(), staging_folder(folder))
        yield
    finally:
        lock.release()


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # alive, and somebody else's
        return True
    return True


def _myself() -> bytes:
    return json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode()


def _holder(folder: Path) -> str:
    """Who holds the lock, as far as it said."""
    try:
        holder = json.loads((folder / "lock.holder").read_bytes())
        return f" (process {int(holder['pid'])} on {holder['host']!s:.80})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
