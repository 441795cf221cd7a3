"""A store where it lies: its files and its HEAD, in a local folder or in a bucket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.evidence.files import LocalFiles
from auditor.evidence.head import Head

if TYPE_CHECKING:
    from auditor.evidence.remote import RemoteFiles

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def open_files(url: str, options: Mapping[str, Any]) -> LocalFiles | RemoteFiles:
    """The files of a store: a local path, or an fsspec URL with its storage options."""
    local = url.removeprefix("file://")
    if _SCHEME.match(local):
        from auditor.evidence.remote import RemoteFiles

        return RemoteFiles(url, options)
    return LocalFiles(Path(local))


def open_head(files: LocalFiles | RemoteFiles, lasts: timedelta | None = None) -> Head:
    """That of a store; `lasts` is how long a lease that is not renewed is left to its holder."""
    if isinstance(files, LocalFiles):
        return Head(files)
    from auditor.evidence.lease import LASTS, Lease

    return Lease(files, lasts or LASTS)
