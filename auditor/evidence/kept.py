"""What judging rests on beside evidence: kept in the chain, once for as long as it stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from auditor.evidence.manifest import Manifest, RawFile

if TYPE_CHECKING:
    from auditor.evidence.staging import Staging


def keep(
    before: Iterable[Manifest], staging: Staging, kept: Mapping[str, bytes], moves: dict[Path, str]
) -> Iterator[RawFile]:
    """Stage what is to be kept, by name; what was kept last under that name with the same content is named again."""
    known = {file.origin: file for manifest in before for file in manifest.kept}
    for number, (name, digest) in enumerate(sorted(hashes(kept).items())):
        file = known.get(name)
        if file is None or file.content_sha256 != digest:
            staged = staging.keep_raw("", name, kept[name])
            file = msgspec.structs.replace(staged, path=f"kept/{staging.name}-{number}.gz")
            moves[staging.folder / staged.path] = file.path
        yield file


def hashes(contents: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
