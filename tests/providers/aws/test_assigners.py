"""Who administers Identity Center, and so may have a role in every account."""

import json

import pytest

from auditor.model.tables import Policy
from tests.providers.aws.test_assigned import DEPLOY, EVERYTHING, SHOP, Center
from tests.providers.conftest import PLACE, Iam

SETS = "arn:aws:sso:::permissionSet/ssoins-1/ps-"
HOME, MANAGING = "444455556666", "999988887777"


@pytest.fixture
def center():
    """The shop's account, where a group may deploy."""
    made = Center()
    made.assign(made.permission_set("Deploy", DEPLOY), made.group("engineers", made.user("leon")))
    return made


@pytest.fixture
def resolved(center, resolve):
    """What bea's statements make of her in an account that administers these services; None where that was not read."""

    def paths(*statements, delegated=("sso.amazonaws.com",), account=HOME):
        home, shop, managing = Iam(account), Iam(SHOP), Iam(MANAGING)
        for one in (home, shop, managing):
            place = {"organisation": "o-1", "ancestors": [], "managing": one.number == MANAGING}
            place |= {} if delegated is None else {"delegated": delegated if one is home else ()}
            known = {"policy": one.number, "attached_to": one.number, "kind": "ancestry", "name": "o-1"}
            one.policies.append(Policy(**PLACE, **known, document=json.dumps(place)))
        home.user("bea", inline={"own": list(statements)})
        found = [one for one in resolve(home, shop, managing, center).access if one.account.endswith("user/bea")]
        return [(one.scope, one.path[1:2], one.conditions) for one in found if one.scope in (SHOP, MANAGING)]

    return paths


def allow(*actions, resource="*"):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


ASSIGN = allow("sso:CreateAccountAssignment")
WIDEN = allow("sso:PutInlinePolicyToPermissionSet", "sso:ProvisionPermissionSet")
USER = allow("identitystore:CreateUser")
EVERY = "assigns itself a permission set with every right in account {} (sso:CreateAccountAssignment)"
ONE = f"assigns itself permission set Deploy in account {SHOP} (sso:CreateAccountAssignment)"


def test_a_delegated_account_assigns_what_there_is_in_the_members(resolved):
    assert resolved(ASSIGN, USER) == [(SHOP, (ONE,), ())]
    assert resolved(ASSIGN) == [(SHOP, (ONE,), ("only with a user of Identity Center",))]


def test_whoever_may_write_permission_sets_too_has_every_right_there(resolved):
    assert resolved(ASSIGN, WIDEN, USER) == [(SHOP, (EVERY.format(SHOP),), ())]
    making = allow("sso:CreatePermissionSet", "sso:AttachManagedPolicyToPermissionSet")
    assert resolved(ASSIGN, making, USER) == [(SHOP, (EVERY.format(SHOP),), ())]
    assert resolved(EVERYTHING) == [(SHOP, (EVERY.format(SHOP),), ())]


@pytest.mark.parametrize(
    ("statements", "delegated"),
    [
        ([ASSIGN, USER], ()),
        ([ASSIGN, USER], ("guardduty.amazonaws.com",)),
        ([EVERYTHING], None),
        ([allow("sso:ListInstances", "sso:DescribePermissionSet")], ("sso.amazonaws.com",)),
        ([WIDEN], ("sso.amazonaws.com",)),
        ([allow("sso:CreateAccountAssignment", resource=f"{SETS}Deploy")], ("sso.amazonaws.com",)),
        ([ASSIGN, {**ASSIGN, "Effect": "Deny"}], ("sso.amazonaws.com",)),
    ],
)
def test_nobody_else_has_a_way_there(resolved, statements, delegated):
    assert resolved(*statements, delegated=delegated) == []


def test_where_it_was_not_read_who_administers_it_a_right_that_is_meant_is_told_with_that(resolved):
    unsure = f"only where account {HOME} administers Identity Center"
    assert resolved(ASSIGN, USER, delegated=None) == [(SHOP, (ONE,), (unsure,))]


def test_the_managing_account_assigns_in_itself_as_well(resolved):
    found = resolved(ASSIGN, WIDEN, USER, account=MANAGING)
    assert found == [(one, (EVERY.format(one),), ()) for one in (SHOP, MANAGING)]


def test_whoever_may_join_a_group_holds_what_it_is_assigned(resolved):
    words = "puts itself into Identity Center group engineers (identitystore:CreateGroupMembership)"
    assert resolved(allow("identitystore:CreateGroupMembership"), USER) == [(SHOP, (words,), ())]
    other = allow("identitystore:CreateGroupMembership", resource="arn:aws:identitystore:::group/other")
    assert resolved(other, USER) == []


@pytest.mark.parametrize(("account", "widened"), [(HOME, True), (MANAGING, False)])
def test_an_assigned_role_that_may_widen_a_set_of_its_user_s_gives_any_right_but_in_the_managing_account(
    center, resolve, account, widened
):
    nina, deploy = center.user("nina"), f"{SETS}Deploy"
    actions = WIDEN["Action"]
    keeper = center.permission_set("Keeper", allow(*actions, resource=["arn:aws:sso:::instance/ssoins-1", deploy]))
    center.assign(keeper, nina, HOME)
    center.assign(deploy, nina, account)
    for one in (HOME, MANAGING):
        place = {"organisation": "o-1", "ancestors": [], "managing": one == MANAGING}
        place["delegated"] = ["sso.amazonaws.com"] if one == HOME else []
        known = {"policy": one, "attached_to": one, "kind": "ancestry", "name": "o-1"}
        center.policies.append(Policy(**PLACE, **known, document=json.dumps(place)))
    found = [
        one for one in resolve(Iam(HOME), Iam(MANAGING), center).access if one.account == nina and one.unrestricted
    ]
    words = "gives permission set Deploy any right (sso:PutInlinePolicyToPermissionSet)"
    assert [(one.scope, one.path[-1]) for one in found] == ([(account, words)] if widened else [])
