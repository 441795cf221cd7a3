"""Conditions and variables about the caller: met, not met, or left open."""

import json

import pytest

from auditor.model.tables import Account
from auditor.providers.aws.callers import Caller
from auditor.providers.aws.conditions import clauses
from tests.providers.conftest import PLACE

SERVICE = "arn:aws:ecs:eu-west-1:111122223333:service/shop/*"
DEPLOY = {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": SERVICE}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
BECOME_ANYTHING = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
PAYMENTS = json.dumps({"team": "payments"})


def when(**condition):
    return {**DEPLOY, "Condition": condition}


def holders(rights):
    return {access.person or access.account.rsplit("/", 1)[-1] for access in rights.access}


def caller(iam, arn):
    row = next(row for row in iam.accounts if row.account == arn)
    return Caller.of(row, tagged_later=False)


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"StringEquals": {"aws:PrincipalTag/team": "payments"}}, True),
        ({"StringEquals": {"AWS:principaltag/Team": ["search", "payments"]}}, True),
        ({"StringEquals": {"aws:PrincipalTag/team": "search"}}, False),
        ({"StringNotEquals": {"aws:PrincipalTag/team": "payments"}}, False),
        ({"StringEquals": {"aws:PrincipalTag/level": "1"}}, False),
        ({"StringNotEquals": {"aws:PrincipalTag/level": "1"}}, True),
        ({"StringEqualsIfExists": {"aws:PrincipalTag/level": "1"}}, True),
        ({"ForAllValues:StringEquals": {"aws:PrincipalTag/level": "1"}}, True),
        ({"ForAnyValue:StringNotEquals": {"aws:PrincipalTag/level": "1"}}, False),
        ({"Null": {"aws:PrincipalTag/level": "true"}}, True),
        ({"Null": {"aws:PrincipalTag/team": "true"}}, False),
        ({"StringEquals": {"aws:username": "bea"}}, True),
        ({"StringLike": {"aws:username": "b?a"}}, True),
        ({"StringLike": {"aws:userid": "AIDABEA*"}}, True),
        ({"StringNotLike": {"aws:userid": ["AROAX:*", "AIDABEA"]}}, False),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/b*"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*/bea"}}, None),
        ({"ArnLike": {"aws:PrincipalArn": "*"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*/bea"}}, True),
        ({"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/bea"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "111122223333"}}, False),
        ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, None),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, None),
        ({"StringEquals": {"aws:username": "${aws:PrincipalTag/owner}"}}, False),
        ({"StringEquals": {"aws:username": "${aws:PrincipalTag/owner, 'bea'}"}}, True),
        ({"StringEquals": {"aws:username": "${aws:SourceIdentity}"}}, None),
        ({"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}, None),
        ({"StringEquals": {"aws:ResourceTag/owner": "${aws:PrincipalTag/owner}"}}, False),
        ({"StringEquals": {"aws:ResourceTag/owner": ["${aws:PrincipalTag/owner}", "all"]}}, None),
        ({"StringEqualsIfExists": {"aws:ResourceTag/owner": "${aws:PrincipalTag/owner}"}}, None),
        ({"StringNotEquals": {"aws:ResourceTag/owner": "${aws:PrincipalTag/owner}"}}, None),
    ],
)
def test_a_condition_on_a_user_of_whom_the_dump_tells(iam, condition, met):
    bea = caller(iam, iam.user("bea", unique_id="AIDABEA", tags=PAYMENTS))
    (clause,) = clauses(condition)
    assert bea.meets(clause) is met


def test_a_roles_session_has_a_name_that_is_not_known(iam):
    role = caller(iam, iam.role("operator", trust=ROOT, unique_id="AROAOP", tags="{}"))
    assert role.meets(*clauses({"StringLike": {"aws:userid": "AROAOP:*"}}))
    assert role.meets(*clauses({"StringLike": {"aws:userid": "AROAOP:nina"}})) is None
    assert role.meets(*clauses({"StringLike": {"aws:userid": "AROAELSE:*"}})) is False
    assert role.meets(*clauses({"StringEquals": {"aws:username": "operator"}})) is False


def test_tags_that_were_not_read_leave_the_condition_open(iam, resolve):
    iam.user("bea", inline={"release": [when(StringEquals={"aws:PrincipalTag/team": "payments"})]})
    (access,) = resolve(iam).access
    assert access.conditions == ("only when aws:PrincipalTag/team is payments (stringequals)",)


def test_a_groups_right_counts_for_the_members_who_have_the_tag(iam, resolve):
    iam.group("devs", inline={"release": [when(StringEquals={"aws:PrincipalTag/team": "payments"})]})
    iam.user("bea", groups=["devs"], tags=PAYMENTS)
    iam.user("cyd", groups=["devs"], tags="{}")
    (access,) = resolve(iam).access
    assert (access.person, access.conditions) == ("bea", ())


@pytest.mark.parametrize(("action", "conditions"), [("sts:AssumeRole", 0), ("sts:TagSession", 1)])
def test_a_role_whose_sessions_bring_tags_may_have_any(iam, resolve, action, conditions):
    iam.user("bea", inline={"become": [BECOME_ANYTHING]})
    trust = [{"Principal": ROOT, "Action": ["sts:AssumeRole", action]}]
    only = when(StringEquals={"aws:PrincipalTag/team": "payments"})
    iam.role("operator", trust=trust, inline={"release": [only]}, tags=PAYMENTS)
    (access,) = resolve(iam).access
    assert len(access.conditions) == conditions


def test_a_variable_without_a_value_matches_nothing(iam, resolve):
    own = {**DEPLOY, "Resource": "arn:aws:ecs:eu-west-1:111122223333:service/${aws:PrincipalTag/team}/*"}
    iam.group("devs", inline={"own": [own]})
    iam.user("bea", groups=["devs"], tags=json.dumps({"team": "shop"}))
    iam.user("cyd", groups=["devs"], tags="{}")
    assert {(a.person, a.system) for a in resolve(iam).access} == {("bea", "shop")}


def test_looking_after_oneself_is_no_right_on_a_system(iam, resolve):
    own = {
        "Effect": "Allow",
        "Action": ["iam:ChangePassword", "iam:CreateLoginProfile", "iam:EnableMFADevice"],
        "Resource": ["arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::*:mfa/*"],
    }
    iam.user("shop-bea", inline={"self": [own]})
    assert not resolve(iam).access


def test_a_condition_that_every_request_in_the_account_meets_hides_no_administrator(iam, resolve):
    for name, number in (("bea", "111122223333"), ("cyd", "999988887777")):
        only = {**EVERYTHING, "Condition": {"StringEquals": {"aws:ResourceAccount": number}}}
        iam.user(name, inline={"all": [only]})
    (access,) = resolve(iam).access
    assert (access.person, access.unrestricted, access.conditions) == ("bea", True, ())


def test_a_deny_for_everybody_but_one_keeps_the_others_out(iam, resolve):
    bea = iam.user("bea", inline={"become": [BECOME_ANYTHING]})
    iam.user("cyd", inline={"become": [BECOME_ANYTHING]})
    deny = {"Effect": "Deny", "Principal": "*", "Condition": {"StringNotEquals": {"aws:PrincipalArn": bea}}}
    iam.role("operator", trust=[{"Principal": ROOT}, deny], inline={"release": [DEPLOY]})
    assert holders(resolve(iam)) == {"bea"}


def test_a_deny_that_cannot_be_told_beforehand_is_shown(iam, resolve):
    iam.user("bea", inline={"become": [BECOME_ANYTHING]})
    deny = {"Effect": "Deny", "Principal": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    iam.role("operator", trust=[{"Principal": ROOT}, deny], inline={"release": [DEPLOY]})
    (access,) = resolve(iam).access
    assert access.conditions == ("denied without a second factor",)


def test_a_conditional_deny_of_the_users_own_is_shown_on_the_way_to_the_role(iam, resolve):
    deny = {**BECOME_ANYTHING, "Effect": "Deny", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
    iam.user("bea", inline={"become": [BECOME_ANYTHING, deny]})
    iam.role("operator", trust=ROOT, inline={"release": [DEPLOY]})
    (access,) = resolve(iam).access
    assert access.conditions == ("denied without a second factor",)


@pytest.mark.parametrize(
    ("named", "conditions"),
    [
        (["arn:aws:iam::111122223333:user/bea", "arn:aws:iam::111122223333:root"], ()),
        (["arn:aws:iam::111122223333:user/bea"], ("denied unless bea counts as named in NotPrincipal",)),
        (["arn:aws:iam::111122223333:user/cyd"], None),
        (["arn:aws:iam::111122223333:user/cyd", "arn:aws:iam::111122223333:root"], None),
    ],
)
def test_not_principal_denies_whoever_is_not_named_with_their_account(iam, resolve, named, conditions):
    iam.user("bea", inline={"become": [BECOME_ANYTHING]})
    deny = {"Effect": "Deny", "NotPrincipal": {"AWS": named}}
    iam.role("operator", trust=[{"Principal": ROOT}, deny], inline={"release": [DEPLOY]})
    assert [a.conditions for a in resolve(iam).access] == ([] if conditions is None else [conditions])


def test_trust_in_everybody_but_some_leaves_those_out(iam, resolve):
    bea, _ = iam.user("bea"), iam.user("cyd")
    iam.role("operator", trust=[{"NotPrincipal": {"AWS": bea}}], inline={"release": [DEPLOY]})
    assert {access.person for access in resolve(iam).access} == {"cyd"}


@pytest.mark.parametrize(
    ("spared", "met"),
    [
        ("arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Ops_*", None),
        ("arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_Ops_*", True),
        ("arn:aws:iam::*:role/*AWSReservedSSO_Ops_*", True),
        ("arn:aws:iam::*:role/*/AWSReservedSSO_Dev_*", False),
        ("arn:aws:iam::999900001111:role/*AWSReservedSSO_Ops_*", False),
        ("arn:aws:iam::*:role/pipeline", False),
    ],
)
def test_the_role_of_a_permission_set_is_known_by_its_name_where_no_row_is_of_it(spared, met):
    known = {**PLACE, "provider": "aws", "scope": "111122223333", "kind": "role", "name": "Ops"}
    ops = Account(**known, account="arn:aws:sso:::permissionSet/s-1/ps-1")
    (asked,) = clauses({"ArnLike": {"aws:PrincipalArn": spared}})
    assert Caller.of(ops, tagged_later=False).meets(asked) is met
