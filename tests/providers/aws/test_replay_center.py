"""What Identity Center's log gives and takes: assignments, groups, and policies of permission sets."""

import json

import pytest

from auditor.model.tables import Grant, Policy
from auditor.providers.aws.replay_center import center_changes
from auditor.providers.changes import UNKNOWN_TEXT, Seen
from tests.cases import AT, AWS, event, row

SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
ADMIN, OWN = "arn:aws:iam::aws:policy/AdministratorAccess", f"arn:aws:iam::{AWS}:policy/own"
TEXT = '{"Statement": []}'
OTHER = "arn:aws:iam::aws:policy/Other"
NOBODY = Seen((), ())


def changes(action, seen=NOBODY, **said):
    return list(center_changes(event(action=action, detail=json.dumps(said), time=AT), seen))


def assigned(word="Create", **more):
    asked = {"principalType": "USER", "principalId": "u-1", "permissionSetArn": SET, "targetId": AWS, **more}
    return changes(f"sso:{word}AccountAssignment", **asked)


@pytest.mark.parametrize(
    ("told", "gives", "holder"),
    [
        ({}, True, "identity-center:u-1"),
        ({"word": "Delete"}, False, "identity-center:u-1"),
        ({"principalType": "GROUP", "principalId": "g-1"}, True, "identity-center-group:g-1"),
    ],
)
def test_an_assignment_is_of_a_user_or_group_in_one_account(told, gives, holder):
    (one,) = assigned(**told)
    assert (one.gives, one.principal, one.role, one.resource, one.narrow) == (gives, holder, SET, AWS, True)
    assert (one.grant.principal, one.grant.role, one.grant.resource) == (holder, SET, AWS)


@pytest.mark.parametrize(
    "told", [{"principalType": "APP"}, {"principalId": None}, {"permissionSetArn": 3}, {"targetId": ""}]
)
def test_an_assignment_that_does_not_say_whose_or_where_is_none(told):
    assert assigned(**told) == []


JOINED = {"membershipId": "m-1", "memberId": {"userId": "u-1"}, "groupId": "g-1"}
MEMBER = Grant(
    **row(
        principal="identity-center:u-1", role="identity-center-group:g-1", resource="d-1", provider="aws",
        handle=json.dumps({"membership": "m-1"}),
    )
)  # fmt: skip
JOIN = event(action="identitystore:CreateGroupMembership", detail=json.dumps(JOINED))
LEAVE = event(action="identitystore:DeleteGroupMembership", detail=json.dumps(JOINED))


@pytest.mark.parametrize(
    ("action", "said", "seen", "gives"),
    [
        ("identitystore:CreateGroupMembership", JOINED, NOBODY, True),
        (
            "identitystore:CreateGroupMembership",
            {"member": {"memberId": {"userId": "u-1"}}, "groupId": "g-1"},
            NOBODY,
            True,
        ),
        ("sso-directory:AddMemberToGroup", {"memberId": "u-1", "groupId": "g-1"}, NOBODY, True),
        ("sso-directory:RemoveMemberFromGroup", {"memberId": "u-1", "groupId": "g-1"}, NOBODY, False),
        ("identitystore:DeleteGroupMembership", {"membershipId": "m-1"}, Seen((), (), (MEMBER,)), False),
        ("identitystore:DeleteGroupMembership", {"membershipId": "m-1"}, Seen((), (), (), (LEAVE, JOIN)), False),
    ],
)
def test_a_user_joins_a_group_or_leaves_it(action, said, seen, gives):
    (one,) = changes(action, seen, identityStoreId="d-1", **said)
    told = (one.gives, one.principal, one.role, one.resource)
    assert told == (gives, "identity-center:u-1", "identity-center-group:g-1", "d-1")
    assert (one.membership.member, one.membership.group) == told[1:3]
    assert (one.grant.principal, one.grant.role, one.grant.resource) == told[1:]


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ({"membershipId": "m-2"}, Seen((), (), (MEMBER,), (JOIN,))),
        ({"membershipId": 1}, Seen((), (), (MEMBER,))),
        ({"membershipId": "m-1"}, Seen((), (), (), (LEAVE,))),
        ({"memberId": "u-1"}, NOBODY),
        ({"groupId": "g-1"}, NOBODY),
        ({"memberId": {"userId": 3}, "groupId": "g-1"}, NOBODY),
        ({"memberId": "u-1", "groupId": "g-1", "identityStoreId": None}, NOBODY),
    ],
)
def test_who_left_which_group_may_not_be_told(said, seen):
    assert changes("identitystore:DeleteGroupMembership", seen, **{"identityStoreId": "d-1", **said}) == []


def policy(name, text=TEXT, kind="identity"):
    return Policy(**row(policy=name, kind=kind, attached_to=OTHER, document=text))


KNOWN = Seen((), (policy(OTHER),))
CUSTOMER = {"name": "own", "path": "/team/"}


@pytest.mark.parametrize(
    ("action", "said", "name", "text", "told"),
    [
        ("PutInlinePolicyTo", {"inlinePolicy": TEXT}, f"{SET}#AwsSSOInlinePolicy", TEXT, {"overwrites": True}),
        ("PutInlinePolicyTo", {"inlinePolicy": "…"}, f"{SET}#AwsSSOInlinePolicy", None, {"overwrites": True}),
        ("PutInlinePolicyTo", {}, f"{SET}#AwsSSOInlinePolicy", None, {"overwrites": True}),
        ("DeleteInlinePolicyFrom", {}, f"{SET}#AwsSSOInlinePolicy", None, {"gives": False}),
        ("AttachManagedPolicyTo", {"managedPolicyArn": OTHER}, OTHER, TEXT, {}),
        ("AttachManagedPolicyTo", {"managedPolicyArn": OWN}, OWN, None, {}),
        ("AttachManagedPolicyTo", {"managedPolicyArn": ADMIN}, ADMIN, None, {"whole": True}),
        ("DetachManagedPolicyFrom", {"managedPolicyArn": OTHER}, OTHER, TEXT, {"gives": False}),
        ("AttachCustomerManagedPolicyReferenceTo", {"customerManagedPolicyReference": CUSTOMER},
            "policy/team/own", UNKNOWN_TEXT, {}),
        ("AttachCustomerManagedPolicyReferenceTo", {"customerManagedPolicyReference": {"name": "own"}},
            "policy/own", UNKNOWN_TEXT, {}),
        ("PutPermissionsBoundaryTo", {"permissionsBoundary": {"managedPolicyArn": OTHER}}, OTHER, TEXT,
            {"restricts": True, "overwrites": True}),
        ("PutPermissionsBoundaryTo", {"permissionsBoundary": {"customerManagedPolicyReference": CUSTOMER}},
            "policy/team/own", UNKNOWN_TEXT, {"restricts": True, "overwrites": True}),
        ("DeletePermissionsBoundaryFrom", {}, "permissions boundary", None, {"restricts": True, "gives": False}),
    ],
)  # fmt: skip
def test_a_policy_of_a_permission_set_comes_and_goes(action, said, name, text, told):
    (one,) = changes(f"sso:{action}PermissionSet", KNOWN, permissionSetArn=SET, **said)
    (written,) = one.policies
    restricts = told.get("restricts", False)
    assert (written.policy, written.attached_to, written.document) == (name, SET, text or UNKNOWN_TEXT)
    assert (written.name, written.kind, one.kind) == (
        name.rpartition("/")[2].rpartition("#")[2],
        *(("boundary",) * 2 if restricts else ("identity",) * 2),
    )
    assert (one.principal, one.role, one.resource) == (SET, name.rpartition("#")[2], AWS)
    assert one.gives is told.get("gives", True)
    assert one.whole is told.get("whole", text is not None)
    assert (one.overwrites, one.restricts, one.any_role) == (told.get("overwrites", False), restricts, restricts)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("AttachManagedPolicyTo", {"managedPolicyArn": 3}),
        ("AttachCustomerManagedPolicyReferenceTo", {"customerManagedPolicyReference": {"path": "/"}}),
        ("AttachCustomerManagedPolicyReferenceTo", {"customerManagedPolicyReference": "own"}),
        ("PutPermissionsBoundaryTo", {}),
        ("PutPermissionsBoundaryTo", {"permissionsBoundary": "x"}),
        ("AttachManagedPolicyTo", {"managedPolicyArn": OTHER, "permissionSetArn": None}),
    ],
)
def test_of_a_policy_that_is_not_named_or_of_no_set_nothing_can_be_worked_in(action, said):
    assert changes(f"sso:{action}PermissionSet", KNOWN, **{"permissionSetArn": SET, **said}) == []


def test_other_calls_change_no_rights():
    assert changes("sso:CreatePermissionSet", permissionSetArn=SET) == []
