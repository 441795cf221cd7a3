"""What AWS's own widest policies allow or deny, where no evidence shows their text.

A dump that was made with a filter leaves it out.
"""

import json
import re
from functools import cache

from auditor.providers.aws.policy import Statement, parse

_ARN = re.compile(r"arn:aws[\w-]*:iam::aws:policy/(?P<name>\w+)")
_ALLOW: dict[str, dict[str, str | list[str]]] = {
    "AdministratorAccess": {"Action": "*"},
    "AmazonS3FullAccess": {"Action": ["s3:*", "s3-object-lambda:*"]},
    "AmazonSNSFullAccess": {"Action": "sns:*"},
    "AmazonSQSFullAccess": {"Action": "sqs:*"},
    "IAMFullAccess": {"Action": ["iam:*", "organizations:Describe*", "organizations:List*"]},
    "PowerUserAccess": {"NotAction": ["iam:*", "organizations:*", "account:*"]},
}
# Only what every version denies.
_DENY: dict[str, str | list[str]] = {
    "AWSDenyAll": "*",
    "AWSCompromisedKeyQuarantine": [
        "iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy",
        "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateRole", "iam:CreateUser", "iam:PutGroupPolicy",
        "iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey", "ec2:RequestSpotInstances",
        "ec2:RunInstances", "ec2:StartInstances", "organizations:CreateAccount",
        "organizations:InviteAccountToOrganization",
    ],
}  # fmt: skip


@cache
def known(arn: str) -> tuple[Statement, ...]:
    """The statements of one of them by its ARN; none for any other policy."""
    named = _ARN.fullmatch(arn)
    name = named["name"] if named else ""
    if allowed := _ALLOW.get(name):
        statement = {"Effect": "Allow", "Resource": "*", **allowed}
    elif denied := _DENY.get(re.sub(r"V\d+$", "", name)):
        statement = {"Effect": "Deny", "Resource": "*", "Action": denied}
    else:
        return ()
    return parse(json.dumps({"Statement": statement}))
