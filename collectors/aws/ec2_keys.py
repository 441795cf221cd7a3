"""EC2 key pairs and the instances that were started with them, in several regions: live, or from a dump."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct, field

from auditor.config.sources.aws import AwsEc2Keys
from auditor.model.handles import write_handle
from auditor.model.tables import Credential, Grant, Row
from collectors.aws.account import AccountSnapshot
from collectors.aws.calls import Calls
from collectors.aws.iam.shapes import Moment, Tag
from collectors.aws.lines import Answers, Line, kept, quoted
from collectors.base import Batch, Normalised, Raw
from collectors.public_keys import public_key
from collectors.reading import Reading, Stamp

_PAIRS, _INSTANCES = "ec2:DescribeKeyPairs", "ec2:DescribeInstances"
_GONE = frozenset({"terminated", "shutting-down"})


class KeyPair(msgspec.Struct, frozen=True, rename="pascal"):
    """A key pair."""

    key_name: str
    key_pair_id: str | None = None
    public_key: str | None = None
    create_time: Moment | None = None


class State(msgspec.Struct, frozen=True, rename="pascal"):
    """Whether an instance runs."""

    name: str = ""


class Instance(msgspec.Struct, frozen=True, rename="pascal"):
    """An instance and the key pair that it was started with."""

    instance_id: str
    key_name: str | None = None
    state: State = State()
    tags: tuple[Tag, ...] = ()


class Ec2KeysCollector(AccountSnapshot[AwsEc2Keys], frozen=True):
    """The aws-ec2-keys collector. A region that is denied costs that region only."""

    PERMISSIONS = (_PAIRS, _INSTANCES)
    READS = (
        "EC2's key pairs with their age and public key, and the instances that were started with them; also those "
        "whose key pair was deleted since, because the key still opens them."
    )
    quote = staticmethod(quoted)

    def asked(self, calls: Calls, regions: tuple[str, ...]) -> Iterator[Raw]:
        """The key pairs and the instances of each region."""
        for region in regions:
            pairs = calls.pages("ec2", "describe_key_pairs", {"IncludePublicKey": True}, region=region)
            instances = calls.pages("ec2", "describe_instances", {}, region=region)
            yield kept(f"ec2:keys/{calls.account}/{region}", [*pairs, *instances])

    def normalise(self, batch: Batch) -> Normalised:
        """Credentials, and a grant for each instance; a line of coverage for the account."""
        reading = Reading(self.source.name, self.context)
        answers = Answers(reading, batch)
        answers.note_gaps()
        reading.extend(_Rows(self.source, answers).rows())
        problems = answers.problems
        reading.cover(self.source.account, problems, failed=bool(problems) and not len(reading))
        return reading.normalised()


class _Rows(Struct, frozen=True):
    """The key pairs by region and name, and what they open."""

    source: AwsEc2Keys
    answers: Answers
    keys: dict[tuple[str, str], Credential] = field(default_factory=dict)
    grants: dict[tuple[str, str], Grant] = field(default_factory=dict)

    def rows(self) -> Iterator[Row]:
        """Credentials and grants, each once."""
        for at, line, pair in self.answers.entries(_PAIRS, "KeyPairs", KeyPair):
            region = self._region(line)
            self.keys.setdefault((region, pair.key_name), self._key(at, region, pair))
        for at, line, reply in self.answers.replies(_INSTANCES):
            for reservation in _listed(reply, "Reservations"):
                for instance in self.answers.shaped(at, _listed(reservation, "Instances"), Instance, "Instances"):
                    if instance.key_name and instance.state.name not in _GONE:
                        self._opened(at, self._region(line), instance.key_name, instance)
        yield from self.keys.values()
        yield from self.grants.values()

    def _region(self, line: Line) -> str:
        return line.region or self.source.region or ""

    def _opened(self, at: Stamp, region: str, name: str, instance: Instance) -> None:
        # The pair may have been deleted: the key that it put on the instance still opens it.
        key = self.keys.setdefault((region, name), self._key(at, region, KeyPair(key_name=name)))
        title = next((tag.value for tag in instance.tags if tag.key == "Name" and tag.value), None)
        arn = f"arn:aws:ec2:{region}:{self.source.account}:instance/{instance.instance_id}"
        resource = f"{arn} ({title})" if title else arn
        grant = Grant(**at, principal=key.account, role=f"key pair {name}", resource=resource, provider="aws")
        self.grants.setdefault((grant.principal, arn), grant)

    def _key(self, at: Stamp, region: str, pair: KeyPair) -> Credential:
        account = self.source.account
        handle = write_handle("aws", "ec2-key-pair", account, region=region, key=pair.key_pair_id, name=pair.key_name)
        return Credential(
            **at,
            credential=_fingerprint(pair) or f"ec2-key-pair:{account}:{region}:{pair.key_name}",
            kind="ssh-key",
            account=f"arn:aws:ec2:{region}:{account}:key-pair/{pair.key_pair_id or pair.key_name}",
            provider="aws",
            resource=account,
            created_at=pair.create_time,
            comment=pair.key_name,
            handle=handle if pair.key_pair_id else None,
        )


def _fingerprint(pair: KeyPair) -> str | None:
    """The key's fingerprint as sshd's log has it, where its public half is known."""
    try:
        return f"ssh-key:{public_key(pair.public_key or '')[0]}"
    except ValueError:
        return None


def _listed(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []
