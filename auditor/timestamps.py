"""Time stamps (RFC 3161), asked of an authority and checked by OpenSSL: what existed at a time, by its word."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

from auditor.errors import StoreError

_LONGEST = 30
_MOST = 1 << 18
_TIME = re.compile(rb"^Time stamp: (\w{3} +\d+ [\d:]+)(?:\.\d+)? (\d{4}) GMT", re.MULTILINE)


def stamp(data: bytes, authority: str, roots: Path) -> bytes:
    """An authority's time stamp of the data.

    Args:
        data: what is to have existed.
        authority: its address, http or https: the answer is signed by itself.
        roots: its root certificates, PEM.

    Raises:
        StoreError: it does not answer, or its answer does not hold.
    """
    with _files(data=data) as folder:
        query, answer = folder / "query", folder / "answer"
        asked = _openssl("-query", "-data", folder / "data", "-sha256", "-cert", "-out", query)
        if asked.returncode != 0:
            raise StoreError(f"OpenSSL cannot ask for a time stamp: {_last(asked)}.")
        answer.write_bytes(_posted(authority, query.read_bytes()))
        checked = _openssl("-verify", "-queryfile", query, "-in", answer, "-CAfile", roots)
        if checked.returncode != 0:
            raise StoreError(
                f"What {authority} answered is no time stamp that holds: {_last(checked)}.",
                do="Check the address, and that timestamp_roots has the authority's root certificates.",
            )
        return answer.read_bytes()


def stamped_at(data: bytes, answer: bytes, roots: Path) -> datetime | None:
    """When the authority saw the data, by a time stamp that holds; None by one that does not.

    Its certificates count as of that time: they may have ended since.

    Raises:
        StoreError: OpenSSL is not there, or does not answer.
    """
    with _files(data=data, answer=answer) as folder:
        told = _TIME.search(_openssl("-reply", "-in", folder / "answer", "-text").stdout)
        if not told:
            return None
        when = datetime.strptime(b" ".join(told.groups()).decode(), "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
        asked = ("-data", folder / "data", "-in", folder / "answer", "-CAfile", roots)
        checked = _openssl("-verify", *asked, "-attime", str(int(when.timestamp())))
        return when if checked.returncode == 0 else None


def _posted(authority: str, query: bytes) -> bytes:
    asked = Request(authority, query, {"Content-Type": "application/timestamp-query"})  # noqa: S310 -- http(s): checked
    try:
        with urlopen(asked, timeout=_LONGEST) as answer:  # noqa: S310
            return bytes(answer.read(_MOST))
    except (OSError, ValueError) as error:
        raise StoreError(f"{authority} gives no time stamp: {error}.", do="Check address and network.") from error


@contextmanager
def _files(**contents: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in contents.items():
            (Path(folder) / name).write_bytes(content)
        yield Path(folder)


def _openssl(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            [shutil.which("openssl") or "openssl", "ts", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LONGEST,
            check=False,
            env=os.environ | {"LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"openssl cannot be used: {error}.", do="Install OpenSSL 3.") from error


def _last(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"status {done.returncode}"
