"""Kinds of resources that carry policies or are shared: what answers on one tell, as resource_policies.yaml has it."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Any

from msgspec import Struct, field

from auditor.model.details import as_object, as_objects
from auditor.model.written import written
from collectors.aws.calls import entries
from collectors.aws.lines import Answers, Line
from collectors.reading import Stamp

Reply = Mapping[str, Any]
_NAMES = ("Name", "Description", "DBInstanceIdentifier", "DBClusterIdentifier")


class Kind(Struct, frozen=True):
    """How the resources of a kind are listed, and each one's policy asked for and told."""

    service: str
    listing: str
    member: str
    call: str
    by: dict[str, str]
    tells: str
    arn: str
    policy: str = ""
    shared: str = ""
    named: str = ""
    also: dict[str, Any] = field(default_factory=dict)
    absent: str = ""
    listed: dict[str, Any] = field(default_factory=dict)

    def asked(self, entry: Any) -> dict[str, Any]:
        """What is asked of one, from its entry."""
        return {name: entry[key] if key else entry for name, key in self.by.items()} | self.also

    def arn_of(self, line: Line, account: str, told: Reply) -> str:
        """The ARN of one, by what its answers tell."""
        texts = {name: value for name, value in told.items() if isinstance(value, str)}
        return self.arn.format_map(defaultdict(str, texts, region=line.region or "", account=account))


kinds = cache(partial(written, __package__, "resource_policies", list[Kind]))


def policies(answers: Answers, account: str) -> Iterator[tuple[Stamp, str, str]]:
    """The policies of resources, each with what it is on."""
    for kind in kinds():
        for at, line, reply in answers.replies(kind.tells) if kind.policy else ():
            told = {**reply, **as_object(reply.get("Attributes"))}
            arn, text = kind.arn_of(line, account, {**told, **line.asked}), str(told.get(kind.policy) or "")
            if arn and text:
                yield at, arn, text


def names(answers: Answers, account: str) -> dict[str, list[str]]:
    """What file systems, snapshots and images are called and tagged, by their ARN."""
    found: dict[str, list[str]] = {}
    for kind in kinds():
        for _, line, reply in answers.replies(kind.named) if kind.named else ():
            for entry in entries([{"reply": reply}], kind.member):
                tags = [str(tag.get("Value", "")) for tag in entry.get("Tags") or entry.get("TagList") or ()]
                called = [str(entry[name]) for name in _NAMES if entry.get(name)]
                found[kind.arn_of(line, account, entry)] = [*called, *tags]
    return found


def shared(answers: Answers, account: str) -> Iterator[tuple[Stamp, str, str]]:
    """Copies that are shared, each as the policy that it comes to."""
    told = answers.replies("ec2:GetSnapshotBlockPublicAccessState")
    blocked = {line.region for _, line, reply in told if reply.get("State") == "block-all-sharing"}
    for kind in kinds():
        for at, line, reply in answers.replies(kind.tells) if kind.shared else ():
            # Where all sharing is blocked no snapshot is public, whatever stands on it.
            private = kind.member == "Snapshots" and line.region in blocked
            listed = [
                "*" if name == "all" else str(name)
                for name in _sharing(reply, kind.shared)
                if name and not (private and name == "all")
            ]
            given = {"Principal": {"AWS": listed}, "Action": "ebs:GetSnapshotBlock", "Resource": "*"}
            if listed:
                text = json.dumps({"Statement": [{"Effect": "Allow", **given}]})
                yield at, kind.arn_of(line, account, line.asked), text


def _sharing(reply: Reply, member: str) -> Iterator[Any]:
    """Accounts; an organisation and its units are nobody outside."""
    for one in entries([{"reply": reply}], member):
        yield one.get("Group") or one.get("UserId")
    for one in as_objects(as_object(reply.get(f"{member}AttributesResult")).get(f"{member}Attributes")):
        if one.get("AttributeName") == "restore":
            yield from one.get("AttributeValues") or ()
