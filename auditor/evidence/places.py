"""Where staged files get their places in the store."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from auditor.evidence.manifest import Part, RawFile

if TYPE_CHECKING:
    from auditor.evidence.staging import Staging

P = TypeVar("P", Part, RawFile)


def numbered(staging: Staging, staged: Iterable[P], moves: dict[Path, str]) -> list[P]:
    """Give staged files their places in the store, in an order that does not hang on the workers' speed."""
    placed = []
    for number, file in enumerate(sorted(staged, key=lambda file: (_order(file), file.sha256))):
        path = _place(file, staging.name, number)
        moves[staging.folder / file.path] = path
        placed.append(msgspec.structs.replace(file, path=path))
    return placed


def _order(file: Part | RawFile) -> tuple[str, ...]:
    if isinstance(file, Part):
        return file.table, file.day.isoformat(), file.source
    return file.source, file.origin


def _place(file: Part | RawFile, name: str, number: int) -> str:
    source = re.sub(r"[^A-Za-z0-9_-]", "_", file.source)
    if isinstance(file, Part):
        return f"lake/{file.table}/date={file.day}/{name}-{source}-{number}.parquet"
    return f"raw/{source}/{name}-{number}.gz"
