"""What AWS's own widest policies allow, where no evidence shows their text: a dump made with a filter leaves it out."""

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


@cache
def known(arn: str) -> tuple[Statement, ...]:
    """The statements of one of them by its ARN; none for any other policy."""
    named = _ARN.fullmatch(arn)
    allowed = _ALLOW.get(named["name"]) if named else None
    return parse(json.dumps({"Statement": {"Effect": "Allow", "Resource": "*", **allowed}})) if allowed else ()
