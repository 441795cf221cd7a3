"""File systems, snapshots and machine images: their names, and with whom copies of them are shared."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from auditor.model.details import as_object, as_objects
from collectors.aws.calls import entries
from collectors.aws.lines import Answers, Line
from collectors.reading import Stamp

Reply = Mapping[str, Any]

_NUMBERED = (
    ("efs:DescribeFileSystems", "FileSystems", "FileSystemId"),
    ("ec2:DescribeSnapshots", "Snapshots", "SnapshotId"),
    ("ec2:DescribeImages", "Images", "ImageId"),
    ("rds:DescribeDBSnapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    ("rds:DescribeDBClusterSnapshots", "DBClusterSnapshots", "DBClusterSnapshotIdentifier"),
)
_NAMES = ("Name", "Description", "DBInstanceIdentifier", "DBClusterIdentifier")
# What stands before their numbers in ARNs, with region and account.
_ARNS = {
    "FileSystemId": "elasticfilesystem:{}:{}:file-system/",
    "SnapshotId": "ec2:{}::snapshot/",
    "ImageId": "ec2:{}::image/",
    "DBSnapshotIdentifier": "rds:{}:{}:snapshot:",
    "DBClusterSnapshotIdentifier": "rds:{}:{}:cluster-snapshot:",
}

_SHARES: Mapping[str, tuple[str, Callable[[Reply], Iterator[Any]]]] = {
    "ec2:DescribeSnapshotAttribute": ("SnapshotId", lambda reply: _permitted(reply, "CreateVolumePermissions")),
    "ec2:DescribeImageAttribute": ("ImageId", lambda reply: _permitted(reply, "LaunchPermissions")),
    "rds:DescribeDBSnapshotAttributes": ("DBSnapshotIdentifier", lambda reply: _restored(reply, "DBSnapshot")),
    "rds:DescribeDBClusterSnapshotAttributes": (
        "DBClusterSnapshotIdentifier",
        lambda reply: _restored(reply, "DBClusterSnapshot"),
    ),
}
"""What says with whom a copy is shared: what it is asked for, and who stands in its reply."""


def names(answers: Answers, account: str) -> dict[str, list[str]]:
    """What they are called and tagged, by their ARN."""
    found: dict[str, list[str]] = {}
    for call, member, number in _NUMBERED:
        for _, line, reply in answers.replies(call):
            for entry in entries([{"reply": reply}], member):
                tags = [str(tag.get("Value", "")) for tag in entry.get("Tags") or entry.get("TagList") or ()]
                called = [str(entry[name]) for name in _NAMES if entry.get(name)]
                found[arn_of(line, account, number, str(entry.get(number, "")))] = [*called, *tags]
    return found


def arn_of(line: Line, account: str, kind: str, number: str) -> str:
    """The ARN of what is asked for by a number or an identifier."""
    return f"arn:aws:{_ARNS[kind].format(line.region or '', account)}{number}"


def shared(answers: Answers, account: str) -> Iterator[tuple[Stamp, str, str]]:
    """Copies that are shared, each as the policy that it comes to."""
    told = answers.replies("ec2:GetSnapshotBlockPublicAccessState")
    blocked = {line.region for _, line, reply in told if reply.get("State") == "block-all-sharing"}
    for call, (kind, named) in _SHARES.items():
        for at, line, reply in answers.replies(call):
            # Where all sharing is blocked no snapshot is public, whatever stands on it.
            private = kind == "SnapshotId" and line.region in blocked
            listed = [
                "*" if name == "all" else str(name) for name in named(reply) if name and not (private and name == "all")
            ]
            given = {"Principal": {"AWS": listed}, "Action": "ebs:GetSnapshotBlock", "Resource": "*"}
            if listed:
                text = json.dumps({"Statement": [{"Effect": "Allow", **given}]})
                yield at, arn_of(line, account, kind, line.of(kind)), text


def _permitted(reply: Reply, member: str) -> Iterator[Any]:
    """Accounts; an organisation and its units are nobody outside."""
    for one in entries([{"reply": reply}], member):
        yield one.get("Group") or one.get("UserId")


def _restored(reply: Reply, kind: str) -> Iterator[Any]:
    for one in as_objects(as_object(reply.get(f"{kind}AttributesResult")).get(f"{kind}Attributes")):
        if one.get("AttributeName") == "restore":
            yield from one.get("AttributeValues") or ()
