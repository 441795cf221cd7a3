"""Which rights of IAM calls take."""

import pytest

from auditor.providers.aws.actions import expand
from auditor.providers.aws.called import _table, rights_for


@pytest.mark.parametrize(
    ("call", "rights"),
    [
        ("ecs:UpdateService", ("ecs:UpdateService",)),
        ("s3:ListObjectsV2", ("s3:ListBucket",)),
        ("s3:HeadObject", ("s3:GetObject",)),
        ("kms:ReEncrypt", ("kms:ReEncryptFrom", "kms:ReEncryptTo")),
        ("apigateway:CreateRoute", ("apigateway:POST",)),
        ("signin:ConsoleLogin", ()),
        ("sts:AssumeRole", ("sts:AssumeRole",)),
        ("sts:AssumeRoleWithWebIdentity", ()),
        ("nothing:Known", None),
    ],
)
def test_a_call_takes_the_rights_that_iam_has_for_it(call, rights):
    assert rights_for(call) == rights


def test_every_right_in_the_table_is_one_of_iams():
    named = [right for line in _table().needs for right in (line.needs or "").split()]
    assert named
    assert [right for right in named if not expand(right)] == []
