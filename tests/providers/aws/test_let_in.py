"""Whom a call lets in by the policy or list that it puts on a thing."""

import json

import pytest

from auditor.providers.aws.let_in import listed, named, policy, read
from tests.providers.conftest import only

OURS, THEIRS = "111122223333", "999900001111"
ROOT = f"arn:aws:iam::{THEIRS}:root"
TEXT = '{"Statement": []}'


def document(principal="*", effect="Allow", **more):
    one = {"Effect": effect, "Principal": principal, "Action": "s3:GetObject", "Resource": "*", **more}
    return json.dumps({"Statement": {name: value for name, value in one.items() if value is not None}})


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ({"principal": {"AWS": [ROOT, ROOT, THEIRS]}}, [ROOT, THEIRS]),
        ({"principal": {"AWS": ROOT}, "effect": "Deny"}, []),
        ({"principal": {"AWS": OURS}}, []),
        ({"principal": {"AWS": f"arn:aws:iam::{OURS}:root"}}, []),
        ({"principal": {"AWS": f"arn:aws:iam::{OURS}:user/nina"}}, [f"arn:aws:iam::{OURS}:user/nina"]),
        ({"principal": {"Service": "ec2.amazonaws.com"}}, []),
        ({"principal": {"Federated": "accounts.google.com"}}, []),
        ({"principal": {"CanonicalUser": "ab12"}}, []),
        ({"principal": {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}}, []),
        ({"principal": {"AWS": "arn:aws:iam::054676820928:root"}}, []),
        ({}, ["*"]),
        ({"principal": None, "NotPrincipal": {"AWS": ROOT}}, ["*"]),
        (only("StringEquals", "aws:PrincipalOrgID", "o-1"), ["o-1"]),
        (only("StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/*"), ["o-1/r-1/*"]),
        (only("StringEquals", "aws:PrincipalAccount", THEIRS), [THEIRS]),
        (only("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{THEIRS}:role/*"), [THEIRS]),
        (only("StringEquals", "aws:SourceAccount", THEIRS, OURS), [THEIRS]),
        (only("StringEquals", "aws:SourceOwner", THEIRS), [THEIRS]),
        (only("StringLike", "aws:PrincipalArn", "*"), ["*"]),
        *(
            (only("StringEquals", f"aws:{key}", "x"), [])
            for key in ("SourceArn", "SourceOrgID", "SourceVpce", "SourceVpc")
        ),
        (only("StringNotEquals", "aws:PrincipalOrgID", "o-1"), ["*"]),
        (only("StringEqualsIfExists", "aws:PrincipalOrgID", "o-1"), ["*"]),
        (only("Null", "aws:PrincipalOrgID", "true"), ["*"]),
        (only("StringEquals", "aws:UserAgent", "x"), ["*"]),
    ],
)
def test_whom_a_policy_names_but_for_its_own_account_and_what_is_nobodys(told, names):
    assert named(document(**told), OURS) == names


def test_a_document_that_cannot_be_read_names_nobody():
    assert (read(None), read("{"), named("x", OURS)) == ((), (), [])


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"policy": TEXT}, TEXT),
        ({"name": "x", "policy": f"  {TEXT}"}, f"  {TEXT}"),
        ({"bucketPolicy": {"Statement": []}}, TEXT),
        ({"a": {"b": [{"c": "x"}, TEXT]}}, TEXT),
        ({"a": {"b": {"c": TEXT}}}, TEXT),
        ({"a": {"b": {"c": {"d": TEXT}}}}, None),
        ({"policy": 'say "Statement"'}, None),
        ({"policy": "{}"}, None),
        ({"first": TEXT, "second": '{"Statement": 1}'}, TEXT),
        (None, None),
        (4, None),
    ],
)
def test_a_policy_is_found_wherever_a_call_has_it(asked, found):
    assert policy(asked) == found


ALL, SIGNED = (f"http://acs.amazonaws.com/groups/global/{name}" for name in ("AllUsers", "AuthenticatedUsers"))
LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def granted(*grantees):
    return {"AccessControlPolicy": {"AccessControlList": {"Grant": [{"Grantee": one} for one in grantees]}}}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        *(({"x-amz-acl": [one]}, ["*"]) for one in ("public-read", "public-read-write", "authenticated-read")),
        ({"X-Amz-Acl": "public-read"}, ["*"]),
        ({"x-amz-acl": ["private"]}, []),
        ({"acl": ["public-read"]}, []),
        ({"accessControlList": {"x-amz-grant-read": f'uri="{ALL}"'}}, ["*"]),
        ({"x-amz-grant-read": f'uri="{ALL}", emailaddress="x@y.example", id="ab12"'}, ["*", "x@y.example"]),
        ({"x-amz-grant-write": ["emailAddress=x@y.example", 4]}, ["x@y.example"]),
        ({"x-amz-grant-write": f"uri={LOGS}"}, []),
        (
            granted({"URI": SIGNED}, {"URI": LOGS}, {"EmailAddress": "x@y.example"}, {"ID": "ab12"}),
            ["*", "x@y.example"],
        ),
        ({"AccessControlPolicy": {"AccessControlList": {"Grant": {"Grantee": {"URI": ALL}}}}}, ["*"]),
        ({"AccessControlPolicy": {"AccessControlList": ""}}, []),
        ({}, []),
    ],
)
def test_whom_a_list_lets_in_by_its_headers_or_its_body(asked, names):
    assert listed(asked) == names
