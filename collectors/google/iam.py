"""Google Cloud's IAM over a project, folder or organization: live, or from `gcloud asset search-all-iam-policies`."""

from collections.abc import Iterator

from auditor.config.sources.google import GoogleIam
from collectors.base import Batch, Normalised, Raw, Snapshot
from collectors.files import named_file
from collectors.google.answers import quoted
from collectors.google.bindings import known
from collectors.google.iam_live import PERMISSIONS, Live
from collectors.google.iam_rows import IamReader
from collectors.refusals import refusal


class GoogleIamCollector(Snapshot[GoogleIam], frozen=True):
    """Bindings with their conditions, groups, custom roles, service accounts and their keys."""

    PERMISSIONS = PERMISSIONS
    READS = (
        "Who holds which role on the project, folder or organization and on everything in it, deny policies, principal "
        "access boundaries, entitlements of Privileged Access Manager, the members of groups (with the role Groups "
        "Reader in Google Workspace), custom roles, service accounts and their keys; never a secret."
    )
    quote = staticmethod(quoted)

    def raws(self) -> Iterator[Raw]:
        """The answers, or the file.

        Raises:
            SourceError: the bindings cannot be had, or are cut short.
        """
        source = self.source
        if not source.file:
            yield from Live(source, self.context).raws()
            return
        for file in (source.file, *source.beside):
            raw = named_file(source.name, file, self.context, part="policies")
            try:
                known(raw.load(), source.scope)
            except ValueError as error:
                raise refusal("source", "no policies", path=f"{source.name}: {file}", why=error) from error
            yield raw

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, memberships, grants, policies and credentials."""
        source = self.source
        reader = IamReader(source.name, source.scope or str(source.file), self.context, live=not source.file)
        return reader.read(batch)
