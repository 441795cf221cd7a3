"""Rights on IAM lead to other rights: one's own and those of whom one can become."""

import json

import pytest

from auditor.model.tables import Credential
from auditor.model.vocabulary import Level
from auditor.providers.aws.runners import runners
from tests.providers.conftest import AT

DEPLOY = {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "arn:aws:ecs:*:111122223333:service/shop/*"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
LAMBDA = {"Service": "lambda.amazonaws.com"}


def may(*actions, on="*", effect="Allow", **condition):
    asked = {"Condition": condition} if condition else {}
    return {"Effect": effect, "Action": list(actions), "Resource": on, **asked}


def of(rights, person):
    return [access for access in rights.access if access.person == person]


@pytest.mark.parametrize("action", ["iam:PutUserPolicy", "iam:AttachUserPolicy"])
def test_whoever_writes_policies_on_themselves_holds_everything(iam, resolve, action):
    bea = iam.user("bea", inline={"self": [may(action, on="arn:aws:iam::111122223333:user/${aws:username}")]})
    (access,) = resolve(iam).access
    assert (access.account, access.unrestricted, access.level) == (bea, True, Level.ADMIN)
    assert access.path == ("user bea", f"gives itself any right by {action} on user bea")
    assert access.handles == ("self on bea",)


def test_writing_policies_on_somebody_else_gives_nothing_by_itself(iam, resolve):
    cyd = iam.user("cyd")
    iam.user("bea", inline={"other": [may("iam:PutUserPolicy", on=cyd)]})
    assert not resolve(iam).access


def test_writing_policies_on_a_role_counts_for_whoever_can_become_it(iam, resolve):
    bea = iam.user("bea", inline={"roles": [may("iam:PutRolePolicy", on="arn:aws:iam::111122223333:role/o*")]})
    iam.role("operator", trust={"AWS": bea})
    (access,) = resolve(iam).access
    steps = ("assumes role operator", "gives itself any right by iam:PutRolePolicy on role operator")
    assert (access.unrestricted, access.path) == (True, ("user bea", *steps))


@pytest.mark.parametrize(
    ("action", "on"),
    [
        ("iam:PutGroupPolicy", "arn:aws:iam::111122223333:group/devs"),
        ("iam:CreatePolicyVersion", "arn:aws:iam::111122223333:policy/own"),
    ],
)
def test_what_is_written_on_a_group_or_policy_counts_for_whoever_has_it(iam, resolve, action, on):
    iam.group("devs")
    bea = iam.user("bea", groups=["devs"], inline={"p": [may(action, on=on)]})
    iam._policy("arn:aws:iam::111122223333:policy/own", "identity", bea, "own", json.dumps({"Statement": [DEPLOY]}))
    iam.user("cyd", inline={"p": [may(action, on=on)]})
    found = [access for access in resolve(iam).access if access.unrestricted]
    assert [access.person for access in found] == ["bea"]


def test_a_key_of_somebody_else_gives_what_they_hold(iam, resolve):
    cyd = iam.user("cyd", inline={"release": [DEPLOY]})
    iam.user("bea", inline={"keys": [may("iam:CreateAccessKey", on=cyd)]})
    (access,) = of(resolve(iam), "bea")
    step = "creates an access key of user cyd (iam:CreateAccessKey)"
    assert access.path == ("user bea", step, "inline policy release")
    assert access.handles == ("keys on bea",)


@pytest.mark.parametrize(
    ("action", "has_password", "leads"),
    [
        ("iam:CreateLoginProfile", False, True),
        ("iam:CreateLoginProfile", True, False),
        ("iam:UpdateLoginProfile", True, True),
        ("iam:UpdateLoginProfile", False, False),
    ],
)
def test_a_password_is_made_where_there_is_none_and_changed_where_there_is_one(
    iam, resolve, action, has_password, leads
):
    cyd = iam.user("cyd", inline={"release": [DEPLOY]})
    bea = iam.user("bea", inline={"logins": [may(action, on=cyd)]})
    place = {"source": "iam", "collected_at": iam.accounts[0].collected_at, "origin": "report.csv", "provider": "aws"}
    holder = cyd if has_password else bea
    iam.credentials.append(Credential(**place, credential=f"{holder}#password", kind="password", account=holder))
    assert bool(of(resolve(iam), "bea")) is leads


def test_whoever_rewrites_a_roles_trust_becomes_it(iam, resolve):
    operator = iam.role("operator", trust={"Service": "glue.amazonaws.com"}, inline={"release": [DEPLOY]})
    iam.user("bea", inline={"trust": [may("iam:UpdateAssumeRolePolicy", on=operator)]})
    (access,) = of(resolve(iam), "bea")
    assert access.path[1] == "rewrites the trust policy of role operator (iam:UpdateAssumeRolePolicy)"


def test_a_group_that_one_can_join_gives_its_rights(iam, resolve):
    iam.group("releasers", inline={"release": [DEPLOY]})
    iam.user("bea", inline={"join": [may("iam:AddUserToGroup", on="arn:aws:iam::111122223333:group/releasers")]})
    (access,) = resolve(iam).access
    joins = "puts user bea into group releasers (iam:AddUserToGroup)"
    assert (access.system, access.path) == ("shop", ("user bea", joins, "group releasers", "inline policy release"))


def passer(*more, **condition):
    return [may("iam:PassRole", on="arn:aws:iam::111122223333:role/runner", **condition), may(*more)]


@pytest.mark.parametrize(
    ("statements", "leads"),
    [
        (passer("lambda:CreateFunction", "lambda:InvokeFunction"), True),
        (passer("lambda:*"), True),
        (passer("lambda:CreateFunction"), False),
        (passer("ec2:RunInstances"), False),
        (passer("lambda:*", StringEquals={"iam:PassedToService": "lambda.amazonaws.com"}), True),
        (passer("lambda:*", StringEquals={"iam:PassedToService": "ec2.amazonaws.com"}), False),
        ([may("lambda:*")], False),
        ([*passer("lambda:*"), may("lambda:CreateFunction", "lambda:UpdateFunction*", effect="Deny")], False),
        ([*passer("lambda:*"), may("iam:PassRole", effect="Deny", on="*runner")], False),
    ],
)
def test_a_role_is_passed_to_a_service_that_it_trusts_and_that_can_be_made_to_run(iam, resolve, statements, leads):
    iam.role("runner", trust=LAMBDA, inline={"all": [EVERYTHING]})
    iam.role("other", trust=LAMBDA, last_used_at=AT)
    iam.user("bea", inline={"p": statements})
    assert any(access.unrestricted for access in of(resolve(iam), "bea")) is leads


def test_a_fence_stands_over_what_one_gives_oneself(iam, resolve):
    own = may("iam:PutUserPolicy", on="arn:aws:iam::111122223333:user/${aws:username}")
    fence = json.dumps({"Version": "2012-10-17", "Statement": [DEPLOY, own]})
    iam.user("bea", inline={"self": [own]}, boundary=fence)
    (access,) = resolve(iam).access
    assert (access.unrestricted, access.system) == (False, "shop")


@pytest.mark.parametrize(
    "condition",
    [
        {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}},
        {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/fence"}},
        {"StringEquals": {"aws:ResourceTag/team": "payments"}},
    ],
)
def test_a_right_that_is_narrowed_to_something_else_leads_nowhere(iam, resolve, condition):
    own = "arn:aws:iam::111122223333:user/${aws:username}"
    iam.user("bea", inline={"self": [may("iam:AttachUserPolicy", on=own, **condition)]}, tags='{"team": "search"}')
    assert not resolve(iam).access


def test_a_right_for_things_with_a_tag_leads_to_those(iam, resolve):
    asked = {"StringEquals": {"iam:ResourceTag/team": "payments"}}
    iam.user("bea", inline={"keys": [may("iam:CreateAccessKey", on="arn:aws:iam::*:user/*", **asked)]})
    for name, team in (("cyd", "payments"), ("dan", "search")):
        iam.user(name, inline={"release": [DEPLOY]}, tags=json.dumps({"team": team}))
    ways = {access.path[1] for access in of(resolve(iam), "bea") if access.path[1].startswith("creates")}
    assert ways == {"creates an access key of user cyd (iam:CreateAccessKey)"}


def test_several_steps_lead_on(iam, resolve):
    cyd = iam.user("cyd", inline={"trust": [may("iam:UpdateAssumeRolePolicy")]})
    iam.role("admin", trust={"Service": "ec2.amazonaws.com"}, inline={"all": [EVERYTHING]})
    iam.user("bea", inline={"keys": [may("iam:CreateAccessKey", on=cyd)]})
    (access,) = of(resolve(iam), "bea")
    assert (access.unrestricted, len(access.path)) == (True, 4)


def test_whoever_holds_everything_needs_no_way_to_more(iam, resolve):
    iam.user("bea", inline={"all": [EVERYTHING]})
    iam.user("cyd", inline={"release": [DEPLOY]})
    assert [access.path for access in of(resolve(iam), "bea")] == [("user bea", "inline policy all")]


def test_an_older_version_of_a_policy_can_be_put_in_force(iam, resolve):
    policy = "arn:aws:iam::111122223333:policy/own"
    bea = iam.user("bea")
    iam._policy(
        policy, "identity", bea, "own", json.dumps({"Statement": [may("iam:SetDefaultPolicyVersion", on=policy)]})
    )
    iam._policy(f"{policy}#v1", "version", policy, "v1", json.dumps({"Statement": [EVERYTHING]}))
    (access,) = resolve(iam).access
    words = "puts v1 of policy own in force (iam:SetDefaultPolicyVersion)"
    assert (access.unrestricted, access.path) == (True, ("user bea", words))


@pytest.mark.parametrize(
    ("on", "used", "leads"),
    [
        ("*", True, True),
        ("arn:aws:lambda:*:*:function:*", True, True),
        ("arn:aws:lambda:*:*:function:own-*", True, False),
        ("*", False, False),
    ],
)
def test_whoever_changes_any_function_acts_as_the_roles_that_functions_used(iam, resolve, on, used, leads):
    iam.role("runner", trust=LAMBDA, inline={"all": [EVERYTHING]}, last_used_at=AT if used else None)
    iam.role("other", trust=LAMBDA, last_used_at=AT)
    iam.user("bea", inline={"code": [may("lambda:UpdateFunctionCode", on=on)]})
    found = [access for access in of(resolve(iam), "bea") if access.unrestricted]
    assert bool(found) is leads
    assert [access.conditions for access in found] == [("only where a Lambda function runs as role runner",)] * leads


@pytest.mark.parametrize(
    ("service", "calls"), runners().passing, ids=lambda part: part if isinstance(part, str) else "+".join(part)
)
def test_every_service_that_runs_as_a_passed_role_takes_all_its_calls(iam, resolve, service, calls):
    iam.role("runner", trust={"Service": f"{service}.amazonaws.com"}, inline={"all": [EVERYTHING]})
    iam.role("other", trust=LAMBDA, last_used_at=AT)
    passing = may("iam:PassRole", on="arn:aws:iam::111122223333:role/runner")
    iam.user("bea", inline={"p": [passing, may(*calls)]})
    iam.user("cyd", inline={"p": [passing, *([may(*calls[1:])] if calls[1:] else [])]})
    iam.user("dan", inline={"p": [may(*calls)]})
    found = [access for access in resolve(iam).access if access.unrestricted and access.person]
    assert [access.person for access in found] == ["bea"]
    assert found[0].path[1].startswith(f"passes role runner to {service}.amazonaws.com (iam:PassRole, {calls[0]}")
    assert found[0].handles == ("p on bea",)


@pytest.mark.parametrize(
    ("service", "call", "kind"), [(one.service, call, one.kind) for call, one in runners().deciding]
)
def test_who_changes_what_runs_anywhere_acts_as_the_used_roles_of_that_service_only(iam, resolve, service, call, kind):
    for name, trusted in (("runner", f"{service}.amazonaws.com"), ("other", "transfer.amazonaws.com")):
        iam.role(name, trust={"Service": trusted}, inline={"all": [EVERYTHING]}, last_used_at=AT)
    iam.user("bea", inline={"code": [may(call)]})
    ways = [access.path[1] for access in of(resolve(iam), "bea") if access.unrestricted]
    assert ways == [f"acts as {kind} with role runner ({call})"]


def test_what_serves_two_services_is_passed_once_and_nobody_passes_themselves(iam, resolve):
    both = {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}
    runner = [may("iam:PassRole"), may("lambda:*", "ec2:RunInstances")]
    iam.role("runner", trust=both, inline={"all": [DEPLOY], "run": runner})
    iam.user("bea", inline={"p": runner})
    released = [access.path for access in of(resolve(iam), "bea") if access.path[-1] == "inline policy all"]
    assert len(released) == 1
    (own,) = [access for access in resolve(iam).access if not access.person and access.path[-1] == "inline policy all"]
    assert own.path[-2:] == ("role runner", "inline policy all")


def test_the_condition_of_every_right_on_the_way_is_told(iam, resolve):
    asked = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    iam.role("runner", trust=LAMBDA, inline={"all": [EVERYTHING]})
    iam.user("bea", inline={"p": [*passer("lambda:InvokeFunction"), may("lambda:CreateFunction", **asked)]})
    (access,) = [access for access in of(resolve(iam), "bea") if access.unrestricted]
    assert access.conditions == ("only with a second factor",)


@pytest.mark.parametrize("action", ["iam:CreateAccessKey", "iam:PutUserPolicy", "iam:UpdateAssumeRolePolicy", "iam:*"])
def test_rights_on_iam_end_at_the_account(iam, other_iam, resolve, action):
    other_iam.user("cyd", inline={"release": [DEPLOY]})
    other_iam.role("admin", trust={"Service": "ec2.amazonaws.com"}, inline={"all": [EVERYTHING]})
    iam.user("bea", inline={"p": [may(action, on="arn:aws:iam::444455556666:*")]})
    assert not of(resolve(iam, other_iam), "bea")


def test_roles_linked_to_a_service_and_the_organisations_own_are_changed_by_nobody(iam, resolve):
    for name in (
        "aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
        "aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_1",
    ):
        iam.role(name, trust={"Service": "x.amazonaws.com"}, inline={"all": [EVERYTHING]})
    iam.user("bea", inline={"p": [may("iam:UpdateAssumeRolePolicy")]})
    assert not of(resolve(iam), "bea")


def test_a_statement_that_denies_gives_no_way(iam, resolve):
    cyd = iam.user("cyd", inline={"release": [DEPLOY]})
    iam.user("bea", inline={"p": [may("iam:*", effect="Deny"), may("iam:CreateAccessKey", on=cyd)]})
    assert not of(resolve(iam), "bea")


def test_members_of_a_group_and_users_of_other_accounts_are_not_put_into_it(iam, other_iam, resolve):
    iam.group("releasers", inline={"release": [DEPLOY]})
    joining = may("iam:AddUserToGroup", on="arn:aws:iam::111122223333:group/releasers")
    iam.user("bea", groups=["releasers"], inline={"join": [joining]})
    other_iam.user("cyd", inline={"join": [joining]})
    assert [access.path for access in resolve(iam, other_iam).access] == [
        ("user bea", "group releasers", "inline policy release")
    ]


def test_what_a_group_denies_is_denied_to_whoever_joins_it(iam, resolve):
    iam.group("releasers", inline={"release": [DEPLOY, {**DEPLOY, "Effect": "Deny"}]})
    iam.user("bea", inline={"join": [may("iam:AddUserToGroup", on=iam.arn("group", "releasers"))]})
    assert not resolve(iam).access


def test_what_a_giver_gives_away_ends_with_the_right_to_give_it(iam, resolve):
    end = {"DateLessThan": {"aws:CurrentTime": "2026-03-02T00:00:00Z"}}
    own = "arn:aws:iam::111122223333:user/${aws:username}"
    iam.user("bea", inline={"self": [may("iam:PutUserPolicy", on=own, **end)]})
    (access,) = resolve(iam).access
    assert (access.unrestricted, f"{access.expires_at:%Y-%m-%d %H:%M}") == (True, "2026-03-02 00:00")


@pytest.mark.parametrize(
    "action",
    ["lambda:UpdateFunctionConfiguration", "ssm:SendCommand", "ec2-instance-connect:SendSSHPublicKey", "codebuild:*"],
)
def test_where_use_was_not_read_every_role_of_that_service_counts(iam, resolve, action):
    services = ("lambda", "ec2", "codebuild")
    iam.role("runner", trust={"Service": [f"{one}.amazonaws.com" for one in services]}, inline={"all": [EVERYTHING]})
    iam.user("bea", inline={"code": [may(action)]})
    assert any(access.unrestricted for access in of(resolve(iam), "bea"))


def test_attaching_some_policies_gives_what_those_give(iam, resolve):
    cyd = iam.user("cyd")
    for name, statement in (("release", DEPLOY), ("all", EVERYTHING)):
        policy = f"arn:aws:iam::111122223333:policy/{name}"
        iam._policy(policy, "identity", cyd, name, json.dumps({"Statement": [statement]}))
    asked = {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::111122223333:policy/rel*"}}
    own = "arn:aws:iam::111122223333:user/${aws:username}"
    iam.user("bea", inline={"self": [may("iam:AttachUserPolicy", on=own, **asked)]})
    (access,) = of(resolve(iam), "bea")
    assert access.path == ("user bea", "attaches policy release to user bea (iam:AttachUserPolicy)")
    assert (access.system, access.unrestricted) == ("shop", False)


def test_somebody_s_inline_policy_is_none_to_attach(iam, resolve):
    iam.user("release", inline={"all": [EVERYTHING]})
    own = "arn:aws:iam::111122223333:user/${aws:username}"
    asked = {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::111122223333:*/rel*"}}
    iam.user("bea", inline={"self": [may("iam:AttachUserPolicy", on=own, **asked)]})
    assert not of(resolve(iam), "bea")


@pytest.mark.parametrize(
    ("more", "fence", "unrestricted"),
    [
        (["iam:DeleteUserPermissionsBoundary"], "iam:*User*", True),
        (["iam:PutUserPermissionsBoundary"], "iam:*User*", True),
        ([], "iam:*User*", True),  # given by the first policy that one writes
        (["iam:DeleteUserPermissionsBoundary"], "iam:PutUserPolicy", False),
        ([], "iam:PutUserPolicy", False),
    ],
)
def test_a_fence_that_one_can_take_away_is_none(iam, resolve, more, fence, unrestricted):
    fence = json.dumps({"Statement": [may(fence), DEPLOY]})
    own = may("iam:PutUserPolicy", *more, on="arn:aws:iam::111122223333:user/bea")
    iam.user("bea", inline={"self": [own]}, boundary=fence)
    assert any(access.unrestricted for access in resolve(iam).access) is unrestricted


def test_a_fence_taken_away_leaves_ones_own_rights(iam, resolve):
    fence = json.dumps({"Statement": [may("iam:*User*")]})
    own = may("iam:DeleteUserPermissionsBoundary", on="arn:aws:iam::111122223333:user/bea")
    iam.user("bea", inline={"self": [own], "release": [DEPLOY]}, boundary=fence)
    (access,) = resolve(iam).access
    assert (access.system, access.path) == (
        "shop",
        ("user bea", "takes the permissions boundary off bea", "inline policy release"),
    )


@pytest.mark.parametrize(
    ("actions", "leads"),
    [
        (["iam:CreateRole", "iam:AttachRolePolicy"], True),
        (["iam:CreateRole", "iam:PutRolePolicy"], True),
        (["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey"], True),
        (["iam:CreateUser", "iam:PutUserPolicy"], False),
        (["iam:CreateRole"], False),
    ],
)
def test_whoever_makes_somebody_new_with_every_right_holds_every_right(iam, resolve, actions, leads):
    on = [f"arn:aws:iam::111122223333:{sort}/app-*" for sort in ("role", "user")]
    iam.user("bea", inline={"make": [may(*actions, on=on)]})
    assert any(access.unrestricted for access in resolve(iam).access) is leads


def test_somebody_new_under_a_boundary_has_no_more_than_that(iam, resolve):
    asked = {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/fence"}}
    iam.user("bea", inline={"make": [may("iam:CreateRole", "iam:AttachRolePolicy", **asked)]})
    assert not resolve(iam).access
