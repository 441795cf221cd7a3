"""Policies that AWS's resources carry themselves, such as buckets and keys, and whom snapshots are shared with."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from auditor.config.sources.aws import AwsResourcePolicies
from auditor.model.tables import Policy
from collectors.aws.account import AccountSnapshot
from collectors.aws.calls import Answers as Asked
from collectors.aws.calls import Calls, entries
from collectors.aws.lines import Answers, Line, kept, quoted
from collectors.base import Batch, Normalised, Raw
from collectors.reading import Reading, Stamp

Reply = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How the resources of a kind are listed, and how each one's policy is asked for.

    Args:
        member: what the listing's replies hold them under.
        asked: what is asked of one, from its entry.
        absent: the error that says that it has no policy.
        owned: whether the listing has to be asked for the account's own.
    """

    service: str
    listing: str
    member: str
    call: str
    asked: Callable[[Any], dict[str, Any]]
    absent: str = ""
    owned: bool = False


_KINDS = (
    _Kind("s3", "list_buckets", "Buckets", "get_bucket_policy", lambda b: {"Bucket": b["Name"]}, "NoSuchBucketPolicy"),
    _Kind("kms", "list_keys", "Keys", "get_key_policy", lambda k: {"KeyId": k["KeyArn"], "PolicyName": "default"}),
    _Kind("secretsmanager", "list_secrets", "SecretList", "get_resource_policy", lambda s: {"SecretId": s["ARN"]}),
    _Kind(
        "lambda",
        "list_functions",
        "Functions",
        "get_policy",
        lambda f: {"FunctionName": f["FunctionArn"]},
        "ResourceNotFoundException",
    ),
    _Kind(
        "sqs",
        "list_queues",
        "QueueUrls",
        "get_queue_attributes",
        lambda url: {"QueueUrl": url, "AttributeNames": ["All"]},
    ),
    _Kind("sns", "list_topics", "Topics", "get_topic_attributes", lambda t: {"TopicArn": t["TopicArn"]}),
    _Kind(
        "ecr",
        "describe_repositories",
        "repositories",
        "get_repository_policy",
        lambda r: {"repositoryName": r["repositoryName"]},
        "RepositoryPolicyNotFoundException",
    ),
    _Kind(
        "efs",
        "describe_file_systems",
        "FileSystems",
        "describe_file_system_policy",
        lambda f: {"FileSystemId": f["FileSystemId"]},
        "PolicyNotFound",
    ),
    _Kind(
        "ec2",
        "describe_snapshots",
        "Snapshots",
        "describe_snapshot_attribute",
        lambda s: {"SnapshotId": s["SnapshotId"], "Attribute": "createVolumePermission"},
        owned=True,
    ),
)
_NUMBERED = (
    ("efs:DescribeFileSystems", "FileSystems", "FileSystemId"),
    ("ec2:DescribeSnapshots", "Snapshots", "SnapshotId"),
)
_NO_BLOCK = "NoSuchPublicAccessBlockConfiguration"
_BLOCK = "GetPublicAccessBlock"


@dataclass(frozen=True, slots=True)
class ResourcePoliciesCollector(AccountSnapshot[AwsResourcePolicies]):
    """Who may do what to single resources, by what stands on the resources themselves."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = (
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
        *("ec2:DescribeSnapshots", "ec2:DescribeSnapshotAttribute"),
    )
    READS: ClassVar[str] = (
        "The policies of S3 buckets (with what blocks public access), KMS keys with their grants, secrets, Lambda "
        "functions, SQS queues, SNS topics, ECR repositories and EFS file systems, and whom EBS snapshots are shared "
        "with; never what is in them."
    )
    quote = staticmethod(quoted)

    def asked(self, calls: Calls, regions: tuple[str, ...]) -> Iterator[Raw]:
        """What blocks public access to the account, and the policies of each region; buckets are listed once."""
        own = {"AccountId": self.source.account}
        yield kept("s3:account", calls.pages("s3control", "get_public_access_block", own, absent=_NO_BLOCK))
        for region in regions:
            for kind in _KINDS:
                if kind.service != "s3" or region == regions[0]:
                    yield kept(f"{kind.service}:{region}", _answers(calls, kind, region))

    def normalise(self, batch: Batch) -> Normalised:
        """Policies, each with its account."""
        reading = Reading(self.source.name, self.context)
        answers = Answers(reading, batch)
        answers.note_refusals()
        rows = _Rows(self.source.account, answers)
        reading.extend({(row.policy, row.attached_to): row for row in rows.all()}.values())
        problems = answers.problems
        reading.cover(self.source.account, problems, failed=not answers.lines)
        return reading.normalised()


def _answers(calls: Calls, kind: _Kind, region: str) -> Asked:
    listed = calls.pages(kind.service, kind.listing, {"OwnerIds": ["self"]} if kind.owned else {}, region=region)
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
    return found


@dataclass(frozen=True)
class _Rows:
    account: str
    answers: Answers

    def all(self) -> Iterator[Policy]:
        """Every policy, every grant of a key, and what blocks public access."""
        for call, read in _READERS.items():
            for at, line, reply in self.answers.replies(call):
                arn, text = read(self, line, reply)
                if arn and text:
                    yield self._policy(at, arn, "policy", "resource", text)
        for at, line, reply in self.answers.replies("kms:ListGrants"):
            for number, grant in enumerate(entries([{"reply": reply}], "Grants")):
                yield self._policy(
                    at, line.of("KeyId"), f"grant {grant.get('GrantId', number)}", "resource", _grant(grant)
                )
        for call in (f"s3:{_BLOCK}", f"s3control:{_BLOCK}"):
            for at, line, reply in self.answers.replies(call):
                told = reply.get("PublicAccessBlockConfiguration") or {}
                where = f"arn:aws:s3:::{line.of('Bucket')}" if line.of("Bucket") else self.account
                yield self._policy(at, where, _BLOCK, "public-access-block", json.dumps(told))

    def _policy(self, at: Stamp, arn: str, name: str, kind: str, text: str) -> Policy:
        names = " ".join(self._aliases.get(arn, ()))
        return Policy(
            **at, policy=f"{self.account}#{arn}#{name}", kind=kind, attached_to=arn, name=names or name, document=text
        )

    @cached_property
    def _aliases(self) -> dict[str, list[str]]:
        """The names of keys and file systems, and what snapshots are called and tagged, by their ARN."""
        found: dict[str, list[str]] = {}
        for call, member, number in _NUMBERED:
            for _, line, reply in self.answers.replies(call):
                for entry in entries([{"reply": reply}], member):
                    tags = [str(tag.get("Value", "")) for tag in entry.get("Tags") or ()]
                    names = [str(entry[name]) for name in ("Name", "Description") if entry.get(name)]
                    found[self.numbered(line, call, str(entry.get(number, "")))] = [*names, *tags]
        for _, _, reply in self.answers.replies("kms:ListAliases"):
            for alias in entries([{"reply": reply}], "Aliases"):
                arn, key = str(alias.get("AliasArn", "")), alias.get("TargetKeyId")
                if key:
                    found.setdefault(f"{arn.rpartition(':')[0]}:key/{key}", []).append(str(alias.get("AliasName")))
        return found

    def numbered(self, line: Line, call: str, number: str) -> str:
        """The ARN of a file system or snapshot, which only numbers tell apart."""
        if call.startswith("ec2:"):
            return f"arn:aws:ec2:{line.region or ''}::snapshot/{number}"
        return f"arn:aws:elasticfilesystem:{line.region or ''}:{self.account}:file-system/{number}"

    def repository(self, line: Line) -> str:
        """A repository's ARN, by its name."""
        return f"arn:aws:ecr:{line.region or ''}:{self.account}:repository/{line.of('repositoryName')}"


def _attribute(reply: Reply, name: str) -> str:
    found = reply.get("Attributes")
    return str(found.get(name) or "") if isinstance(found, dict) else ""


_READERS: Mapping[str, Callable[[_Rows, Line, Reply], tuple[str, str]]] = {
    "s3:GetBucketPolicy": lambda _, line, reply: (f"arn:aws:s3:::{line.of('Bucket')}", str(reply.get("Policy") or "")),
    "kms:GetKeyPolicy": lambda _, line, reply: (line.of("KeyId"), str(reply.get("Policy") or "")),
    "secretsmanager:GetResourcePolicy": lambda _, line, reply: (
        line.of("SecretId"),
        str(reply.get("ResourcePolicy") or ""),
    ),
    "lambda:GetPolicy": lambda _, line, reply: (line.of("FunctionName"), str(reply.get("Policy") or "")),
    "sqs:GetQueueAttributes": lambda _, _line, reply: (_attribute(reply, "QueueArn"), _attribute(reply, "Policy")),
    "sns:GetTopicAttributes": lambda _, line, reply: (line.of("TopicArn"), _attribute(reply, "Policy")),
    "ecr:GetRepositoryPolicy": lambda rows, line, reply: (rows.repository(line), str(reply.get("policyText") or "")),
    "efs:DescribeFileSystemPolicy": lambda rows, line, reply: (
        rows.numbered(line, "efs:", line.of("FileSystemId")),
        str(reply.get("Policy") or ""),
    ),
    "ec2:DescribeSnapshotAttribute": lambda rows, line, reply: (
        rows.numbered(line, "ec2:", line.of("SnapshotId")),
        _shared(reply),
    ),
}


def _shared(reply: Reply) -> str:
    """The accounts with which a snapshot is shared, as the policy that it comes to; nothing where there are none."""
    given = entries([{"reply": reply}], "CreateVolumePermissions")
    names = ["*" if one.get("Group") == "all" else str(one.get("UserId")) for one in given]
    statement = {"Effect": "Allow", "Principal": {"AWS": names}, "Action": "ebs:GetSnapshotBlock", "Resource": "*"}
    return json.dumps({"Statement": [statement]}) if names else ""


def _grant(grant: Mapping[str, Any]) -> str:
    """A grant of a key as the policy that it comes to."""
    actions = [f"kms:{name}" for name in grant.get("Operations") or ()]
    principal = {"AWS": str(grant.get("GranteePrincipal") or "")}
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}
    return json.dumps({"Statement": [statement]})
