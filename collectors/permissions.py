"""The least rights that the collectors can do with, made from what each declares, as text to paste."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from auditor.config.sources import AwsIam
from collectors.registry import COLLECTORS
from collectors.ssh import plan

_KIND = "aws-"
_GOOGLE = "gcp-"
_BUCKET = "TRAIL-BUCKET"
# An organisation's accounts are entered by this role; the policy allows no other.
_ASSUME = "sts:AssumeRole"
_MEMBER_ROLE: str = AwsIam.model_fields["member_role"].default
# What a permission of another family is, by the word before its colon.
_WORDS = {
    "scope": "a token with the scope {}",
    "role": "the role {} in each project",
    "group-role": "the role {} in each group",
    "permission": "the permission {}",
    "repository": "the repository permission {}",
}
# S3 actions whose resource is the bucket; the others' is the object.
_ON_BUCKETS = frozenset({"s3:ListBucket", "s3:GetBucketLocation"})


def aws_policy(
    kinds: Iterable[str] = tuple(COLLECTORS), buckets: Iterable[str] = (), member_role: str = _MEMBER_ROLE
) -> dict[str, Any]:
    """An IAM policy document that allows what the collectors of these kinds call, and nothing else.

    Args:
        kinds: kinds of source, as in auditor.yaml; those of other providers add nothing.
        buckets: CloudTrail buckets that S3's part is bound to; `TRAIL-BUCKET` stands there to be filled in without.
        member_role: the role that is assumed in the accounts of an organisation.
    """
    actions = sorted({action for kind in kinds if kind.startswith(_KIND) for action in COLLECTORS[kind].PERMISSIONS})
    names = sorted(set(buckets)) or [_BUCKET]
    statements = [
        _statement("Read", [a for a in actions if not a.startswith("s3:") and a != _ASSUME], ["*"]),
        _statement("EnterAccounts", [a for a in actions if a == _ASSUME], [f"arn:aws:iam::*:role/{member_role}"]),
        _statement("ListTrail", [a for a in actions if a in _ON_BUCKETS], [f"arn:aws:s3:::{name}" for name in names]),
        _statement(
            "ReadTrail",
            [a for a in actions if a.startswith("s3:") and a not in _ON_BUCKETS],
            [f"arn:aws:s3:::{name}/*" for name in names],
        ),
    ]
    return {"Version": "2012-10-17", "Statement": [statement for statement in statements if statement["Action"]]}


@dataclass(frozen=True, slots=True)
class Rights:
    """What a family of sources needs: `text` to paste, and a sentence on where it goes."""

    text: str
    how: str


def rights(family: str) -> Rights:
    """The least rights for all sources of a family: aws, gcp, gitlab, github, jira or ssh."""
    match family:
        case "aws":
            how = (
                "Attach it as a policy to the user or role that the auditor signs in as, with the trail's bucket in "
                f"place of {_BUCKET}; and to a role {_MEMBER_ROLE} in each account, where a whole organisation is read."
            )
            return Rights(json.dumps(aws_policy(), indent=2), how)
        case "gcp":
            how = (
                "Save it as role.json, make the role with `gcloud iam roles create auditor --organization=… "
                "--file=role.json`, and grant it to the auditor's account; with Groups Reader in Google Workspace, the "
                "members of groups are known."
            )
            return Rights(json.dumps(google_role(), indent=2), how)
        case "ssh":
            how = (
                f"Save it as /etc/sudoers.d/{plan.ACCOUNT} on each host, for an account {plan.ACCOUNT} that is in the "
                "group systemd-journal and has a shell and no password."
            )
            return Rights("\n".join(plan.sudoers()), how)
        case _:
            how = "Make an account for the audit with these rights, and a token of it."
            return Rights("\n".join(_plainly(family)), how)


def needs(kind: str) -> list[str]:
    """What a kind of source needs, in words; AWS's actions and Google's permissions as they are."""
    return [_in_words(permission) for permission in COLLECTORS[kind].PERMISSIONS]


def _plainly(family: str) -> Iterator[str]:
    for kind, collector in COLLECTORS.items():
        if kind.startswith(f"{family}-"):
            yield f"{kind}: {collector.READS}"
            yield from (f"  - {need}" for need in needs(kind))


def _in_words(permission: str) -> str:
    kind, _, name = permission.partition(":")
    return _WORDS[kind].format(name) if kind in _WORDS else permission


def google_role(kinds: Iterable[str] = tuple(COLLECTORS)) -> dict[str, Any]:
    """A custom role, as `gcloud iam roles create --file` takes it, for what the collectors of these kinds call."""
    permissions = {name for kind in kinds if kind.startswith(_GOOGLE) for name in COLLECTORS[kind].PERMISSIONS}
    return {
        "title": "Production access auditor",
        "description": "Reads who has access and what was done, and changes nothing.",
        "stage": "GA",
        "includedPermissions": sorted(permissions),
    }


def _statement(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
