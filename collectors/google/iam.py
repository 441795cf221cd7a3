"""Google Cloud's IAM over a project, folder or organization: live, or from `gcloud asset search-all-iam-policies`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from auditor.config.sources import GoogleIam
from auditor.errors import SourceError
from collectors.base import Batch, Context, Normalised, Raw
from collectors.files import named_file
from collectors.google.bindings import entries
from collectors.google.iam_live import PERMISSIONS, Live
from collectors.google.iam_rows import Reader


@dataclass(frozen=True, slots=True)
class GoogleIamCollector:
    """Bindings with their conditions, groups, custom roles, service accounts and their keys."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = PERMISSIONS
    READS: ClassVar[str] = (
        "Who holds which role on the project, folder or organization and on everything in it, the members of groups "
        "(with the role Groups Reader in Google Workspace), custom roles, service accounts and "
        "their keys; never a secret."
    )

    source: GoogleIam
    context: Context

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Everything in one batch: a snapshot is taken whole.

        Raises:
            SourceError: the bindings cannot be had, or are cut short.
        """
        del seen
        yield [self._from_file()] if self.source.file else Live(self.source, self.context).raws()

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, memberships, grants, policies and credentials."""
        return Reader(self.source.name, self.source.scope or str(self.source.file), self.context).read(batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The record that a row points at."""
        return json.dumps(entries(data)[record], indent=1, ensure_ascii=False)

    def _from_file(self) -> Raw:
        source = self.source
        raw = named_file(source.name, source.file or "", self.context, part="policies")
        try:
            entries(raw.load())
        except ValueError as error:
            raise SourceError(
                f"{source.name}: {source.file} is not the whole output of search-all-iam-policies: {error}.",
                means="Nothing of it was used: half a list of who has access would look like a clean one.",
                do="Make it again: gcloud asset search-all-iam-policies --scope=… --format=json",
            ) from error
        return raw
