"""Policies that AWS's resources carry themselves, such as buckets and keys, and whom snapshots are shared with."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct

from auditor.config.sources.aws import AwsResourcePolicies
from auditor.model.tables import Policy
from collectors.aws import eks
from collectors.aws.account import AccountSnapshot
from collectors.aws.calls import Answers as Asked
from collectors.aws.calls import Calls, entries
from collectors.aws.lines import Answers, is_lines, kept, quoted
from collectors.aws.resource_kinds import Kind, kinds, names, policies, shared
from collectors.base import Batch, Normalised, Raw
from collectors.files import named_file
from collectors.reading import Origin, Reading, Stamp
from collectors.rows import policy

_NO_BLOCK = "NoSuchPublicAccessBlockConfiguration"
_BLOCK = "GetPublicAccessBlock"


class ResourcePoliciesCollector(AccountSnapshot[AwsResourcePolicies], frozen=True):
    """Who may do what to single resources, by what stands on the resources themselves."""

    PERMISSIONS = (
        *(
            "s3:ListAllMyBuckets",
            "s3:GetBucketPolicy",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetAccountPublicAccessBlock",
        ),
        *("kms:ListKeys", "kms:ListAliases", "kms:GetKeyPolicy", "kms:ListGrants"),
        *("secretsmanager:ListSecrets", "secretsmanager:GetResourcePolicy", "lambda:ListFunctions", "lambda:GetPolicy"),
        *("sqs:ListQueues", "sqs:GetQueueAttributes", "sns:ListTopics", "sns:GetTopicAttributes"),
        *("ecr:DescribeRepositories", "ecr:GetRepositoryPolicy"),
        *("elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DescribeFileSystemPolicy"),
        *("ec2:DescribeSnapshots", "ec2:DescribeSnapshotAttribute", "ec2:GetSnapshotBlockPublicAccessState"),
        *("ec2:DescribeImages", "ec2:DescribeImageAttribute"),
        *("rds:DescribeDBSnapshots", "rds:DescribeDBSnapshotAttributes"),
        *("rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusterSnapshotAttributes"),
        *eks.PERMISSIONS,
    )
    READS = (
        "The policies of S3 buckets (with what blocks public access), KMS keys with their grants, secrets, Lambda "
        "functions, SQS queues, SNS topics, ECR repositories and EFS file systems, with whom snapshots of EBS and RDS "
        "and machine images are shared, and the access entries and pod identities of EKS clusters; never what is in "
        "them."
    )

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """A line, or a ConfigMap, as people can read it."""
        return quoted(data, record) if is_lines(data) else data.decode("utf-8", "replace")

    def raws(self) -> Iterator[Raw]:
        """The answers, and what `aws_auth` names; raises SourceError as for any account."""
        yield from AccountSnapshot.raws(self)
        for cluster, file in self.source.aws_auth.items():
            yield named_file(self.source.name, file, self.context, part=cluster)

    def asked(self, calls: Calls, regions: tuple[str, ...]) -> Iterator[Raw]:
        """What blocks public access to the account, and the policies of each region; buckets are listed once."""
        own = {"AccountId": self.source.account}
        yield kept("s3:account", calls.pages("s3control", "get_public_access_block", own, absent=_NO_BLOCK))
        for region in regions:
            yield kept(f"eks:{region}", eks.answers(calls, region))
            for kind in kinds():
                if kind.service != "s3" or region == regions[0]:
                    yield kept(f"{kind.service}:{kind.member}/{region}", _answers(calls, kind, region))

    def normalise(self, batch: Batch) -> Normalised:
        """Policies, each with its account."""
        reading = Reading(self.source.name, self.context)
        answers = Answers(reading, [raw for raw in batch if not raw.part])
        answers.note_gaps()
        maps = [(origin := reading.open(raw), self._mapped(origin)) for raw in batch if raw.part]
        region = next(iter(self.source.regions), self.source.region or "")
        clusters = eks.Clusters(
            self.source.account, region, answers, {one.raw.part: told for one, told in maps if told}
        )
        told = _Rows(self.source.account, answers)
        reading.extend({(row.policy, row.attached_to): row for row in (*told.all(), *clusters.policies())}.values())
        problems = answers.problems
        for origin, _ in maps:
            problems.include(origin.problems)
        reading.cover(self.source.account, problems, failed=not answers.lines)
        return reading.normalised()

    @staticmethod
    def _mapped(origin: Origin) -> eks.Auth | None:
        """Whom a cluster's aws-auth names; None where the file cannot be used."""
        try:
            return origin.at(), tuple(eks.mapped(origin.data))
        except ValueError as error:
            origin.lose(str(error))
            return None


def _answers(calls: Calls, kind: Kind, region: str) -> Asked:
    listed = calls.pages(kind.service, kind.listing, kind.listed, region=region)
    found = [*listed]
    if kind.service == "kms":
        found += calls.pages("kms", "list_aliases", {}, region=region)
    for entry in entries(listed, kind.member):
        asked = kind.asked(entry)
        found += calls.pages(kind.service, kind.call, asked, region=region, absent=kind.absent)
        if kind.service == "s3":
            found += calls.pages("s3", "get_public_access_block", asked, region=region, absent=_NO_BLOCK)
        if kind.service == "kms":
            found += calls.pages("kms", "list_grants", {"KeyId": asked["KeyId"]}, region=region)
    if kind.member == "Snapshots" and any(one.get("Group") for one in entries(found, "CreateVolumePermissions")):
        found += calls.pages("ec2", "get_snapshot_block_public_access_state", {}, region=region)
    return found


class _Rows(Struct, frozen=True, dict=True):
    account: str
    answers: Answers

    def all(self) -> Iterator[Policy]:
        """Every policy, with whom copies are shared, every grant of a key, and what blocks public access."""
        for at, arn, text in policies(self.answers, self.account):
            yield self._policy(at, arn, "policy", "resource", text)
        for at, arn, text in shared(self.answers, self.account):
            yield self._policy(at, arn, "sharing", "resource", text)
        for at, line, reply in self.answers.replies("kms:ListGrants"):
            for number, grant in enumerate(entries([{"reply": reply}], "Grants")):
                yield self._policy(
                    at, line.of("KeyId"), f"grant {grant.get('GrantId', number)}", "resource", _grant(grant)
                )
        for call in (f"s3:{_BLOCK}", f"s3control:{_BLOCK}"):
            for at, line, reply in self.answers.replies(call):
                told = reply.get("PublicAccessBlockConfiguration") or {}
                where = f"arn:aws:s3:::{line.of('Bucket')}" if line.of("Bucket") else self.account
                yield self._policy(at, where, _BLOCK, "public-access-block", told)

    def _policy(self, at: Stamp, arn: str, name: str, kind: str, document: Any) -> Policy:
        called = " ".join(self._aliases.get(arn, ()))
        return policy(at, f"{self.account}#{arn}#{name}", kind, arn, document, called or name)

    @cached_property
    def _aliases(self) -> dict[str, list[str]]:
        """The names of keys, and what is called and tagged how, by their ARN."""
        found = names(self.answers, self.account)
        for _, _, reply in self.answers.replies("kms:ListAliases"):
            for alias in entries([{"reply": reply}], "Aliases"):
                arn, key = str(alias.get("AliasArn", "")), alias.get("TargetKeyId")
                if key:
                    found.setdefault(f"{arn.rpartition(':')[0]}:key/{key}", []).append(str(alias.get("AliasName")))
        return found


def _grant(grant: Mapping[str, Any]) -> dict[str, Any]:
    """A grant of a key as the policy that it comes to."""
    actions = [f"kms:{name}" for name in grant.get("Operations") or ()]
    principal = {"AWS": str(grant.get("GranteePrincipal") or "")}
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}
    return {"Statement": [statement]}
