"""The least rights that AWS's collectors can do with, made from what each declares."""

import json
from collections.abc import Iterable
from typing import Any

from auditor.config.sources.aws import AwsIam
from collectors.permissions import Rights
from collectors.registry import COLLECTORS

_KIND = "aws-"
_BROKER, _TABLE = "team-requests", "REQUESTS-TABLE"
_BUCKET = "TRAIL-BUCKET"
# An organisation's accounts are entered by this role; the policy allows no other.
_ASSUME = "sts:AssumeRole"
_MEMBER_ROLE: str = AwsIam.model_fields["member_role"].default
# What is bound to the trail's bucket, and to the objects in it; all else is of the whole account.
_ON_BUCKET = frozenset({"s3:ListBucket", "s3:GetBucketLocation"})
_ON_OBJECTS = frozenset({"s3:GetObject"})


def rights() -> Rights:
    """A policy for all of them."""
    how = (
        "Attach it as a policy to the user or role that the auditor signs in as, with the trail's bucket in "
        f"place of {_BUCKET}; and to a role {_MEMBER_ROLE} in each account, where a whole organisation is read."
    )
    return Rights(json.dumps(aws_policy(), indent=2), how)


def broker_rights() -> Rights:
    """A policy for TEAM's table of requests."""
    how = f"Attach it as a policy to the user or role that the source signs in as, with the table's name for {_TABLE}."
    read = _statement("ReadRequests", sorted(COLLECTORS[_BROKER].PERMISSIONS), [f"arn:aws:dynamodb:*:*:table/{_TABLE}"])
    return Rights(json.dumps({"Version": "2012-10-17", "Statement": [read]}, indent=2), how)


def aws_policy(kinds: Iterable[str] = tuple(COLLECTORS), buckets: Iterable[str] = ()) -> dict[str, Any]:
    """An IAM policy document that allows what the collectors of these kinds call, and nothing else.

    Args:
        kinds: kinds of source, as in auditor.yaml; those of other providers add nothing.
        buckets: CloudTrail buckets that S3's part is bound to; `TRAIL-BUCKET` stands there to be filled in without.
    """
    actions = sorted({action for kind in kinds if kind.startswith(_KIND) for action in COLLECTORS[kind].PERMISSIONS})
    names = sorted(set(buckets)) or [_BUCKET]
    statements = [
        _statement("Read", [a for a in actions if a not in {_ASSUME, *_ON_BUCKET, *_ON_OBJECTS}], ["*"]),
        _statement("EnterAccounts", [a for a in actions if a == _ASSUME], [f"arn:aws:iam::*:role/{_MEMBER_ROLE}"]),
        _statement("ListTrail", [a for a in actions if a in _ON_BUCKET], [f"arn:aws:s3:::{name}" for name in names]),
        _statement("ReadTrail", [a for a in actions if a in _ON_OBJECTS], [f"arn:aws:s3:::{name}/*" for name in names]),
    ]
    return {"Version": "2012-10-17", "Statement": [statement for statement in statements if statement["Action"]]}


def _statement(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
