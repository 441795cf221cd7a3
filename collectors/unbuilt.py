"""Source kinds that the configuration accepts and this version cannot read: each run reports them as failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from auditor.config.sources import Source
from auditor.errors import SourceError
from collectors.base import Batch, Context, Normalised


@dataclass(frozen=True, slots=True)
class UnbuiltCollector:
    """Fails with a sentence, so that the source counts as not seen."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = ()
    READS: ClassVar[str] = "Nothing: this version cannot read the source and reports it as failed."

    source: Source
    context: Context

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Always fails.

        Raises:
            SourceError: this version has no way to read the source.
        """
        del seen
        raise SourceError(
            f"{self.source.kind} sources cannot be read by this version: no collector for them is part of it yet.",
            means="Nothing of this source was read, so that the audit is incomplete.",
            do="Upgrade, or take the source out of auditor.yaml.",
        )

    def normalise(self, batch: Batch) -> Normalised:
        """No rows."""
        del batch
        return Normalised()

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """Nothing of it was ever read, so that no row points at it.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"this version has read nothing of it ({len(data)} bytes, record {record})")
