"""Whom the principals of a trust policy mean, and what else it takes to become the role."""

import json
from datetime import timedelta

import pytest

from auditor.model.vocabulary import Capability as Cap
from tests.providers.conftest import AT

DEPLOY = {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "arn:aws:ecs:*:111122223333:service/shop/*"}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop-data/*"}
MAY = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
BEA, CEM = f"arn:aws:iam::{ACCOUNT}:user/bea", f"arn:aws:iam::{ACCOUNT}:user/cem"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def before(moment):
    return {"DateLessThan": {"aws:CurrentTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}}


def since(moment):
    return {"DateGreaterThan": {"aws:CurrentTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}}


def by_person(rights):
    return {access.person: access for access in rights.access}


def test_each_policy_that_lets_somebody_become_a_role_is_a_path_that_is_taken_away_by_itself(iam, resolve):
    for group in ("devs", "oncall"):
        iam.group(group, inline={f"{group}-may": [MAY]})
    iam.user("bea", groups=("devs", "oncall"))
    iam.role("deployer", trust={"AWS": ROOT}, inline={"p": [DEPLOY]})
    assert {path.path[1:-1]: path.handles for path in resolve(iam).access} == {
        (f"group {group}", f"inline policy {group}-may", "assumes role deployer"): (f"bea in {group}",)
        for group in ("devs", "oncall")
    }


def test_each_group_with_the_same_policy_is_a_path_that_is_taken_away_by_itself(iam, resolve):
    for group in ("devs", "oncall"):
        iam.group(group, attached={"Deploy": [DEPLOY]})
    iam.user("bea", groups=("devs", "oncall"))
    assert {path.path[1]: path.handles for path in resolve(iam).access} == {
        f"group {group}": (f"bea in {group}",) for group in ("devs", "oncall")
    }


@pytest.mark.parametrize(
    ("trust", "become"),
    [
        # Named themselves, users of the account need no permission; by their account they do, and cem has it.
        ([{"Principal": {"AWS": BEA}}], {"bea"}),
        ([{"Principal": {"AWS": [BEA, CEM]}}], {"bea", "cem"}),
        ([{"Principal": {"AWS": ACCOUNT}}], {"cem"}),
        ([{"Principal": {"AWS": ROOT}}], {"cem"}),
        ([{"Principal": {"AWS": [ROOT, BEA]}}], {"bea", "cem"}),
        ([{"Principal": "*"}], {"bea", "cem"}),
        ([{"Principal": {"AWS": "*"}}], {"bea", "cem"}),
        ([{"Principal": {"AWS": "arn:aws:iam::999900001111:root"}}], set()),
        ([{"NotPrincipal": {"AWS": BEA}}], {"cem"}),
        ([{"NotPrincipal": {"AWS": [BEA, CEM]}}], set()),
        # A statement about something else, and one of which the time is not now.
        ([{"Principal": {"AWS": BEA}, "Action": "sts:TagSession"}], set()),
        ([{"Principal": {"AWS": BEA}, "Action": "sts:*"}], {"bea"}),
        ([{"Principal": {"AWS": BEA}, "Condition": before(AT - timedelta(hours=1))}], set()),
        ([{"Principal": {"AWS": BEA}, "Condition": before(AT + timedelta(hours=1))}], {"bea"}),
        ([{"Principal": {"AWS": BEA}, "Condition": since(AT + timedelta(hours=1))}], set()),
        ([{"Principal": {"AWS": BEA}, "Condition": since(AT - timedelta(hours=1))}], {"bea"}),
        # Keys that are known of whoever asks.
        ([{"Principal": {"AWS": ROOT}, "Condition": {"ArnLike": {"aws:PrincipalArn": CEM}}}], {"cem"}),
        ([{"Principal": {"AWS": ROOT}, "Condition": {"ArnLike": {"aws:PrincipalArn": BEA}}}], set()),
        ([{"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "web"}}}], {"bea"}),
    ],
)
def test_whom_a_trust_policy_lets_in(iam, resolve, trust, become):
    iam.user("bea", tags='{"team": "web"}')
    iam.user("cem", inline={"become": [MAY]}, tags='{"team": "data"}')
    iam.role("operator", trust=trust, inline={"operate": [DEPLOY]})
    assert by_person(resolve(iam)).keys() == become


@pytest.mark.parametrize("key", ["aws:ResourceTag/team", "iam:ResourceTag/Team"])
@pytest.mark.parametrize(
    ("tags", "become"), [('{"team": "web"}', {"bea"}), ('{"cost": "1"}', set()), (None, {"bea", "cem"})]
)
def test_a_permission_may_hang_on_the_tags_of_the_role(iam, resolve, key, tags, become):
    same = {**MAY, "Condition": {"StringEquals": {key: "${aws:PrincipalTag/team}"}}}
    iam.user("bea", inline={"become": [same]}, tags='{"team": "web"}')
    iam.user("cem", inline={"become": [same]}, tags='{"team": "data"}')
    iam.role("operator", trust=[{"Principal": {"AWS": ROOT}}], inline={"operate": [DEPLOY]}, tags=tags)
    assert by_person(resolve(iam)).keys() == become


@pytest.mark.parametrize(
    ("deny", "become"),
    [
        ({"Principal": {"AWS": BEA}}, {"cem"}),
        ({"Principal": {"AWS": ROOT}}, set()),
        ({"Principal": {"AWS": ACCOUNT}}, set()),
        ({"Principal": "*"}, set()),
        ({"Principal": {"AWS": "arn:aws:iam::999900001111:root"}}, {"bea", "cem"}),
        ({"NotPrincipal": {"AWS": [ROOT, BEA]}}, {"bea"}),
        ({"NotPrincipal": {"AWS": "arn:aws:iam::999900001111:root"}}, set()),
        ({"Principal": {"AWS": BEA}, "Action": "sts:TagSession"}, {"bea", "cem"}),
        ({"Principal": {"AWS": BEA}, "Condition": before(AT - timedelta(hours=1))}, {"bea", "cem"}),
        ({"Principal": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": BEA}}}, {"cem"}),
    ],
)
def test_whom_a_trust_policy_keeps_out(iam, resolve, deny, become):
    iam.user("bea")
    iam.user("cem")
    trust = [{"Principal": {"AWS": [BEA, CEM]}}, {"Effect": "Deny", **deny}]
    iam.role("operator", trust=trust, inline={"operate": [DEPLOY]})
    assert by_person(resolve(iam)).keys() == become


@pytest.mark.parametrize(
    ("deny", "told"),
    [
        ({"Principal": {"AWS": BEA}, "Condition": MFA}, ("denied with a second factor",)),
        ({"NotPrincipal": {"AWS": BEA}}, ("denied unless bea counts as named in NotPrincipal",)),
        ({"NotPrincipal": {"AWS": [BEA, ROOT]}}, ()),
    ],
)
def test_a_denial_that_may_not_hold_is_told_beside_the_path(iam, resolve, deny, told):
    iam.user("bea")
    trust = [{"Principal": {"AWS": BEA}}, {"Effect": "Deny", **deny}]
    iam.role("operator", trust=trust, inline={"operate": [DEPLOY]})
    assert by_person(resolve(iam))["bea"].conditions == told


@pytest.mark.parametrize(
    ("session", "leads"),
    [
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/step/bea", True),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/other/bea", False),
        ("arn:aws:sts::444455556666:assumed-role/step/bea", False),
    ],
)
def test_a_session_of_a_role_stands_for_the_role(iam, resolve, session, leads):
    iam.user("bea")
    iam.role("step", trust={"AWS": BEA})
    iam.role("operator", trust=[{"Principal": {"AWS": session}}], inline={"operate": [DEPLOY]})
    assert ("bea" in by_person(resolve(iam))) is leads


def test_a_session_that_is_denied_denies_the_role(iam, resolve):
    step = iam.role("step", trust={"AWS": BEA})
    iam.user("bea")
    deny = {"Effect": "Deny", "Principal": {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/step/bea"}}
    iam.role("operator", trust=[{"Principal": {"AWS": step}}, deny], inline={"operate": [DEPLOY]})
    assert not resolve(iam).access


@pytest.mark.parametrize(
    ("may", "become"),
    [
        ([MAY], True),
        ([{**MAY, "Resource": "arn:aws:iam::*:role/op*"}], True),
        ([{**MAY, "Resource": "arn:aws:iam::*:role/release"}], False),
        ([{**MAY, "Action": "sts:*"}], True),
        ([{**MAY, "Action": "sts:GetCallerIdentity"}], False),
        ([MAY, {**MAY, "Effect": "Deny", "Resource": "*operator"}], False),
        ([MAY, {**MAY, "Effect": "Deny", "Resource": "*release"}], True),
        ([{**MAY, "Condition": before(AT)}], False),
    ],
)
def test_where_only_the_account_is_trusted_the_users_own_policies_decide(iam, resolve, may, become):
    iam.user("bea", inline={"become": may})
    iam.role("operator", trust={"AWS": ROOT}, inline={"operate": [DEPLOY]})
    assert ("bea" in by_person(resolve(iam))) is become


def test_the_users_permission_is_the_handle_and_its_end_and_conditions_are_the_paths(iam, resolve):
    end = AT + timedelta(hours=2)
    iam.user("bea", inline={"become": [{**MAY, "Condition": {**before(end), **MFA}}]})
    later = before(end + timedelta(hours=1))
    iam.role("operator", trust=[{"Principal": {"AWS": ROOT}, "Condition": later}], inline={"operate": [DEPLOY]})
    (access,) = resolve(iam).access
    assert (access.expires_at, access.conditions) == (end, ("only with a second factor",))
    assert access.handles == ("become on bea",)


def test_what_the_organisation_denies_nobody_may_and_a_users_boundary_is_passed_by_name_only(iam, resolve):
    fence = json.dumps({"Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]})
    iam.user("bea", boundary=fence)
    iam.user("cem", inline={"become": [MAY]}, boundary=fence)
    iam.role("operator", trust=[{"Principal": {"AWS": [BEA, ROOT]}}], inline={"operate": [DEPLOY]})
    assert by_person(resolve(iam)).keys() == {"bea"}
    iam.organisation({"Effect": "Allow", "Action": "ecs:*", "Resource": "*"})
    assert by_person(resolve(iam)).keys() == set()


def test_a_roles_boundary_holds_also_where_the_next_role_names_it(iam, resolve):
    fence = json.dumps({"Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]})
    iam.user("bea")
    step = iam.role("step", trust={"AWS": BEA}, boundary=fence)
    iam.role("operator", trust={"AWS": step}, inline={"operate": [DEPLOY]})
    assert by_person(resolve(iam)).keys() == set()


def test_of_ways_that_last_as_long_the_shortest_is_told(iam, resolve):
    step = iam.role("step", trust={"AWS": BEA})
    iam.user("bea")
    iam.role("operator", trust=[{"Principal": {"AWS": [step, BEA]}}], inline={"operate": [DEPLOY], "read": [READ]})
    found = {access.path: access.capabilities for access in resolve(iam).access}
    way = ("user bea", "assumes role operator")
    assert found == {(*way, "inline policy operate"): {Cap.DEPLOY}, (*way, "inline policy read"): {Cap.READ_DATA}}


@pytest.mark.parametrize(
    ("trust", "strangers"),
    [
        ({"Principal": "*"}, ["*"]),
        ({"Principal": {"AWS": "999900001111"}}, ["999900001111"]),
        ({"Principal": {"AWS": ["arn:aws:iam::999900001111:root", ROOT]}}, ["arn:aws:iam::999900001111:root"]),
        ({"Principal": {"AWS": ROOT}}, []),
        ({"NotPrincipal": {"AWS": BEA}}, ["*"]),
        # The id of a user who is no more, and what is none of AWS's.
        ({"Principal": {"AWS": "AIDAEXAMPLE"}}, []),
        ({"Principal": {"Service": "ec2.amazonaws.com"}}, []),
        ({"Principal": {"AWS": "999900001111"}, "Effect": "Deny"}, []),
        ({"Principal": {"AWS": "999900001111"}, "Condition": before(AT - timedelta(hours=1))}, []),
    ],
)
def test_strangers_are_those_of_accounts_without_evidence_and_anybody(iam, resolve, trust, strangers):
    iam.user("bea")
    iam.role("operator", trust=[trust], inline={"operate": [DEPLOY]})
    assert [one.principal for one in resolve(iam).foreign_trusts] == strangers
