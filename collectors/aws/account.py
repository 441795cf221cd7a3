"""What the snapshots of one AWS account have in common: a dump of answers, or calls of the account's own login."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import TypeVar

from auditor.config.sources.aws import AwsAccountSource
from collectors.aws.calls import Calls
from collectors.base import Raw, Snapshot
from collectors.files import named_file
from collectors.refusals import refusal

S = TypeVar("S", bound=AwsAccountSource)


class AccountSnapshot(Snapshot[S], frozen=True):
    """A source of one AWS account, in several regions."""

    def raws(self) -> Iterator[Raw]:
        """The dump, or the answers.

        Raises:
            SourceError: signing in failed, the login is another account's, or the dump is not there.
        """
        source = self.source
        if source.file:
            yield named_file(source.name, source.file, self.context)
            return
        calls = Calls(source)
        if calls.account != source.account:
            raise refusal("source", "other login", name=source.name, login=calls.account, account=source.account)
        yield from self.asked(calls, source.regions or (calls.region,))

    @abstractmethod
    def asked(self, calls: Calls, regions: tuple[str, ...]) -> Iterator[Raw]:
        """The answers about the account."""
