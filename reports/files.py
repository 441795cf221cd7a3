"""How reports reach the disk: whole, and readable by their owner only."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from auditor.errors import AuditorError, ReportError
from auditor.evidence.files import make_folder


def write_private(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file beside its place and rename it there, so that nobody sees half of it."""
    try:
        make_folder(path.parent)
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


def without_links(folder: Path, root: Path) -> Path:
    """A run's folder, if it lies in the output folder and nothing in it leads elsewhere.

    Raises:
        ReportError: it is a link, or holds one: what that leads to is not what a run wrote.
    """
    links = [path for path in (folder, *folder.rglob("*")) if path.is_symlink()]
    if links or folder.parent != root:
        raise ReportError(
            f"{links[0] if links else folder} leads out of the output folder {root}.",
            means="What it leads to was not written by a run, and nothing was read or written there.",
            do="Take the link away, and run `auditor verify`.",
        )
    return folder


def json_line(value: Any) -> bytes:
    """One line of JSON in UTF-8. Text that is no Unicode (a lone surrogate) is escaped, so that it reads back."""
    return (json.dumps(value, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


class Written(NamedTuple):
    """The files by what people call them, in the order in which to name them; and what could not be written."""

    files: Mapping[str, Path]
    problems: tuple[str, ...]


def write_each(reports: Mapping[str, tuple[str, Callable[[Path], object]]], folder: Path) -> Written:
    """Write reports into a folder, each by its name there; one that cannot be made does not stop the others."""
    files: dict[str, Path] = {}
    problems: list[str] = []
    for name, (place, write) in reports.items():
        try:
            write(folder / place)
            files[name] = folder / place
        except AuditorError as error:
            problems.append(" ".join(error.diagnostics()))
    return Written(files, tuple(problems))
