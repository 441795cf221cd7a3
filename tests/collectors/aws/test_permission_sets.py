"""Permission sets and their policies as whole rows, from answers by hand."""

import json

import pytest

from collectors.aws.identity_center.policies import PermissionSets
from collectors.aws.lines import Answers
from collectors.base import Raw
from collectors.reading import Reading
from tests.collectors.rows import columns

SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
ADMIN = "arn:aws:iam::aws:policy/service-role/Admin"
TEXT = '{"Statement":[]}'


@pytest.fixture
def rows(context):
    def run(*lines):
        told = [
            {"call": call, "asked": {"PermissionSetArn": SET, **asked}, **outcome} for call, asked, outcome in lines
        ]
        data = "\n".join(map(json.dumps, told)).encode()
        answers = Answers(Reading("people", context), [Raw("dump", lambda: data)])
        return [columns(row) for row in PermissionSets(answers).rows()], answers.problems

    return run


def replied(call, member, value, **asked):
    return call, asked, {"reply": {member: value}}


def policy(name, text, kind="identity", policy_=None):
    return {"policy": policy_ or f"{SET}#{name}", "kind": kind, "attached_to": SET, "name": name, "document": text}


VERSION = replied("iam:GetPolicyVersion", "PolicyVersion", {"Document": TEXT}, PolicyArn=ADMIN)
MANAGED = [{"Arn": ADMIN, "Name": "Admin"}]


@pytest.mark.parametrize(
    ("line", "row"),
    [
        (
            replied("sso-admin:DescribePermissionSet", "PermissionSet", {"PermissionSetArn": SET, "Name": "Ops"}),
            policy("Ops", json.dumps({"Name": "Ops", "PermissionSetArn": SET}), "role-definition", SET),
        ),
        (
            replied("sso-admin:GetInlinePolicyForPermissionSet", "InlinePolicy", '{"Statement": []}'),
            policy("AwsSSOInlinePolicy", TEXT),
        ),
        (
            replied("sso-admin:ListManagedPoliciesInPermissionSet", "AttachedManagedPolicies", MANAGED),
            policy("Admin", TEXT, policy_=ADMIN),
        ),
        (
            replied(
                "sso-admin:ListManagedPoliciesInPermissionSet", "AttachedManagedPolicies", [{"Arn": "a/b", "Name": "b"}]
            ),
            policy("b", "null", policy_="a/b"),
        ),
        (
            replied(
                "sso-admin:ListCustomerManagedPolicyReferencesInPermissionSet",
                "CustomerManagedPolicyReferences",
                [{"Name": "house", "Path": "/x/"}],
            ),
            policy("house", "null", policy_="policy/x/house"),
        ),
        (
            replied(
                "sso-admin:GetPermissionsBoundaryForPermissionSet", "PermissionsBoundary", {"ManagedPolicyArn": ADMIN}
            ),
            policy("Admin", TEXT, "boundary", ADMIN),
        ),
        (
            replied(
                "sso-admin:GetPermissionsBoundaryForPermissionSet",
                "PermissionsBoundary",
                {"CustomerManagedPolicyReference": {"Name": "house", "Path": "/"}},
            ),
            policy("house", "null", "boundary", "policy/house"),
        ),
        (("sso-admin:GetInlinePolicyForPermissionSet", {}, {"error": "no"}), policy("AwsSSOInlinePolicy", "null")),
        (("sso-admin:ListManagedPoliciesInPermissionSet", {}, {"error": "no"}), policy("managed policies", "null")),
        (
            ("sso-admin:ListCustomerManagedPolicyReferencesInPermissionSet", {}, {"error": "no"}),
            policy("customer managed policies", "null"),
        ),
        (
            ("sso-admin:GetPermissionsBoundaryForPermissionSet", {}, {"error": "no"}),
            policy("permissions boundary", "null", "boundary"),
        ),
    ],
)
def test_every_policy_of_a_permission_set(rows, line, row):
    found, problems = rows(VERSION, line)
    assert (found, problems.rejected) == ([row], 0)


def test_a_policy_that_cannot_be_read_is_counted_and_could_not_be_judged(rows):
    found, problems = rows(replied("sso-admin:GetInlinePolicyForPermissionSet", "InlinePolicy", "[]"))
    assert (found, problems.rejected) == ([policy("AwsSSOInlinePolicy", "null")], 1)
    assert "a policy cannot be read: it is not an object" in problems.sentence()
    assert rows(("sso-admin:Other", {}, {"error": "no"}))[0] == []


def test_a_permission_set_that_is_not_as_it_should_be_is_told_as_one(rows):
    found, problems = rows(replied("sso-admin:DescribePermissionSet", "PermissionSet", {"Name": 7}))
    assert (found, problems.rejected) == ([], 1)
    assert "an entry of PermissionSet is not as AWS writes it" in problems.sentence()
