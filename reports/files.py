"""How reports reach the disk: whole, and readable by their owner only."""

import os
import tempfile
from pathlib import Path

from auditor.errors import ReportError


def write_private(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file beside its place and rename it there, so that nobody sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).chmod(mode)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ReportError(
            f"{path} cannot be written: {error.strerror or error}.",
            means="The findings are kept in the evidence store all the same.",
            do="Free some space or choose another output folder, then run `auditor report`.",
        ) from error
