"""Root sessions of the organisation's accounts: who may open one."""

import json

import pytest

from auditor.model.tables import Account, Policy
from tests.providers.conftest import PLACE

ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRoot", "Resource": "*"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
POWER = {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}
TASK = "arn:aws:iam::aws:policy/root-task/"
ABROAD = ("user bea", "opens a root session in account 444455556666 (sts:AssumeRoot)")


@pytest.fixture
def rooted(iam, other_iam):
    """Two accounts with their root users; the first may be the one that manages the organisation."""

    def make(managing=None, **more):
        for one in (iam, other_iam):
            arn = f"arn:aws:iam::{one.number}:root"
            one.accounts.append(
                Account(**PLACE, account=arn, provider="aws", scope=one.number, kind="root", name="root")
            )
        if managing is not None:
            place = json.dumps({"organisation": "o-1", "ancestors": [], "managing": managing, **more})
            row = {**PLACE, "policy": iam.number, "attached_to": iam.number, "kind": "ancestry", "name": "o-1"}
            iam.policies.append(Policy(**row, document=place))

    return make


def paths(rights):
    return [(one.path, one.unrestricted, one.conditions) for one in rights.access if len(one.path) > 1]


def test_the_managing_account_opens_root_sessions_in_the_others(iam, other_iam, resolve, rooted):
    rooted(managing=True)
    iam.user("bea", inline={"root": [ASSUME]})
    assert paths(resolve(iam, other_iam)) == [(ABROAD, True, ())]


@pytest.mark.parametrize("statement", [EVERYTHING, POWER, {**EVERYTHING, "Action": "sts:*"}])
def test_nearly_everything_is_a_way_there_only_where_the_account_is_known_to_manage(
    iam, other_iam, resolve, rooted, statement
):
    rooted()
    iam.user("bea", inline={"wide": [statement]})
    assert ABROAD not in [path for path, *_ in paths(resolve(iam, other_iam))]


def test_whoever_may_do_anything_in_the_managing_account_is_root_in_the_others(iam, other_iam, resolve, rooted):
    rooted(managing=True)
    iam.user("bea", inline={"wide": [EVERYTHING]})
    assert ABROAD in [path for path, *_ in paths(resolve(iam, other_iam))]


@pytest.mark.parametrize("managing", [None, False])
def test_a_right_that_is_meant_is_told_with_what_it_hangs_on(iam, other_iam, resolve, rooted, managing):
    rooted(managing)
    iam.user("bea", inline={"root": [{**ASSUME, "Resource": "arn:aws:iam::444455556666:root"}]})
    assert paths(resolve(iam, other_iam)) == [(ABROAD, True, ("only where account 111122223333 manages root access",))]


@pytest.mark.parametrize(
    ("task", "left"), [("IAMAuditRootUserCredentials", False), ("IAMCreateRootUserPassword", True)]
)
def test_a_task_that_only_looks_is_no_way_there(iam, other_iam, resolve, rooted, task, left):
    rooted(managing=True)
    asked = {"ArnEquals": {"sts:TaskPolicyArn": TASK + task}}
    iam.user("bea", inline={"root": [{**ASSUME, "Condition": asked}]})
    assert bool(paths(resolve(iam, other_iam))) is left


def test_a_role_that_may_open_one_leads_there(iam, other_iam, resolve, rooted):
    rooted(managing=True)
    bea = iam.user("bea")
    iam.role("custodian", trust={"AWS": bea}, inline={"root": [ASSUME]})
    assert [path for path, *_ in paths(resolve(iam, other_iam))] == [("user bea", "assumes role custodian", ABROAD[1])]


def test_an_account_that_administers_root_access_opens_root_sessions_and_another_does_not(
    iam, other_iam, resolve, rooted
):
    rooted(managing=False, delegated=["iam.amazonaws.com"])
    iam.user("bea", inline={"root": [ASSUME]})
    assert (ABROAD, True, ()) in paths(resolve(iam, other_iam))


@pytest.mark.parametrize("services", [[], ["sso.amazonaws.com"]])
def test_a_right_to_open_them_is_none_where_the_account_does_not_administer_root_access(
    iam, other_iam, resolve, rooted, services
):
    rooted(managing=False, delegated=services)
    iam.user("bea", inline={"root": [ASSUME]})
    assert paths(resolve(iam, other_iam)) == []
