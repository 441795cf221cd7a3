"""EC2 key pairs and the instances that were started with them, in several regions: live, or from a dump."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from auditor.config.sources import AwsEc2Keys
from auditor.errors import SourceError
from collectors.aws import session as aws
from collectors.aws.ec2_instances import Reader
from collectors.aws.lines import kept, quoted, written
from collectors.base import Batch, Context, Normalised, Raw
from collectors.files import named_file

_CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("ec2:DescribeKeyPairs", "describe_key_pairs", {"IncludePublicKey": True}),
    ("ec2:DescribeInstances", "describe_instances", {}),
)


@dataclass(frozen=True, slots=True)
class Ec2KeysCollector:
    """The aws-ec2-keys collector."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = ("ec2:DescribeKeyPairs", "ec2:DescribeInstances")
    READS: ClassVar[str] = (
        "EC2's key pairs with their age and public key, and the instances that were started with them; also those "
        "whose key pair was deleted since, because the key still opens them."
    )

    source: AwsEc2Keys
    context: Context

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Everything in one batch: a snapshot is taken whole. A region that is denied costs that region only.

        Raises:
            SourceError: signing in failed, the login is another account's, or the dump is not there.
        """
        del seen
        source = self.source
        yield [named_file(source.name, source.file, self.context)] if source.file else list(self._live())

    def normalise(self, batch: Batch) -> Normalised:
        """Credentials, and a grant for each instance."""
        return Reader(self.source, self.context).read(batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The answer that a row points at."""
        return quoted(data, record)

    def _live(self) -> Iterator[Raw]:
        signed_in = aws.session(self.source)
        account = aws.caller(self.source, signed_in)["Account"]
        if account != self.source.account:
            raise SourceError(
                f"{self.source.name}: the login is of AWS account {account}, and the source of {self.source.account}.",
                means="Nothing of this source was read.",
                do="Correct the source's account in auditor.yaml, or name a profile or role of it.",
            )
        for region in self.source.regions or (aws.region_of(signed_in, self.source),):
            ec2 = aws.client(self.source.model_copy(update={"region": region}), "ec2", signed_in=signed_in)
            answers = (answer for call in _CALLS for answer in _answers(ec2, region, *call))
            yield kept(f"ec2:keys/{account}/{region}", answers)


def _answers(ec2: Any, region: str, name: str, call: str, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A call's pages; the last is an error where there should have been more."""
    try:
        with aws.explained(f"calling {name} in {region}"):
            for reply in aws.replies(ec2, call, asked):
                yield written(name, asked, reply=reply, region=region)
    except SourceError as error:
        yield written(name, asked, error=error.what.rstrip("."), region=region)
