"""Which recorded calls AWS's policies allow, and what rows are without some rights."""

import json
import random
from fnmatch import fnmatchcase

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.handles import write_handle
from auditor.model.tables import Account, Credential, Grant, Policy
from auditor.providers.aws.accounts import RESERVED
from auditor.providers.permitted import Answer, Permitted, changed_accounts, rows_without
from auditor.providers.registry import provider
from tests.activity.acts import used
from tests.copies import replace
from tests.providers.conftest import AT, PLACE, document

A = "111122223333"
WEB, OTHER = f"arn:aws:ecs:eu-central-1:{A}:service/prod/web", f"arn:aws:ecs:eu-central-1:{A}:service/prod/other"
DEPLOY = {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": WEB}
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
EU = {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}
BEA = f"arn:aws:iam::{A}:user/bea"
OPERATOR = f"arn:aws:iam::{A}:role/operator"


def rows(iam):
    return Snapshots(
        accounts=iam.accounts,
        memberships=iam.memberships,
        policies=iam.policies,
        grants=iam.grants,
        credentials=iam.credentials,
    )


def permitted(config, snapshots, **columns):
    (found,) = provider("aws").permitted(config, snapshots, [used(**{"account": BEA, "scope": A, **columns})], AT)
    return found


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


@pytest.mark.parametrize(
    ("statements", "action", "resource", "answer"),
    [
        ([DEPLOY], "ecs:UpdateService", WEB, "allowed"),
        ([DEPLOY], "ecs:UpdateService", OTHER, "denied"),
        ([DEPLOY], "ecs:StopTask", WEB, "denied"),
        ([DEPLOY], "ecs:UpdateService", None, "unknown"),
        ([ALL], "ecs:UpdateService", None, "allowed"),
        ([ALL, deny("ecs:*", OTHER)], "ecs:UpdateService", WEB, "allowed"),
        ([ALL, deny("ecs:*", OTHER)], "ecs:UpdateService", OTHER, "denied"),
        ([ALL, deny("ecs:*", OTHER)], "ecs:UpdateService", None, "unknown"),
        # What hangs on the request.
        ([{**DEPLOY, "Condition": MFA}], "ecs:UpdateService", WEB, "unknown"),
        ([ALL, deny("*", Condition=MFA)], "ecs:UpdateService", WEB, "unknown"),
        ([ALL, deny("*", Condition=EU)], "ecs:UpdateService", WEB, "allowed"),
        ([ALL, deny("*", Condition=EU)], "ecs:UpdateService", WEB.replace("eu-central-1", "us-east-1"), "denied"),
        # Calls that policies name otherwise, and names that have more in them than the call.
        ([allow("s3:GetObject", "arn:aws:s3:::shop/*")], "s3:HeadObject", "arn:aws:s3:::shop/a", "allowed"),
        ([allow("s3:ListBucket", "arn:aws:s3:::shop")], "s3:ListObjects", "arn:aws:s3:::shop", "allowed"),
        ([allow("s3:ListBucket", "arn:aws:s3:::shop/*")], "s3:ListObjects", "arn:aws:s3:::shop", "denied"),
        ([allow("s3:DeleteObject", "arn:aws:s3:::shop/*")], "s3:DeleteObjects", "arn:aws:s3:::shop", "allowed"),
        ([allow("s3:DeleteObject", "arn:aws:s3:::shop/a*")], "s3:DeleteObjects", "arn:aws:s3:::shop", "unknown"),
        (
            [allow("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:*:{A}:secret:shop/db-*")],
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:eu-central-1:{A}:secret:shop/db",
            "allowed",
        ),
        (
            [allow("logs:FilterLogEvents", f"arn:aws:logs:*:{A}:log-group:/prod/shop:*")],
            "logs:FilterLogEvents",
            f"arn:aws:logs:eu-central-1:{A}:log-group:/prod/shop",
            "allowed",
        ),
        (
            [allow("kms:Decrypt", f"arn:aws:kms:eu-central-1:{A}:key/1")],
            "kms:Decrypt",
            f"arn:aws:kms:eu-central-1:{A}:key/alias/shop",
            "unknown",
        ),
        ([allow("ec2:Describe*")], "ec2:DescribeInstances", None, "allowed"),
        ([allow("ec2:Describe*", f"arn:aws:ec2:*:{A}:instance/*")], "ec2:DescribeInstances", None, "denied"),
        ([], "sts:GetCallerIdentity", None, "allowed"),
        ([ALL], "unheardof:DoIt", None, "unknown"),
    ],
)
def test_a_call_is_allowed_denied_or_not_known(iam, config, statements, action, resource, answer):
    iam.user("bea", inline={"own": statements} if statements else {})
    assert permitted(config, rows(iam), action=action, resource=resource).answer == answer


def test_it_is_told_what_allows_a_call_each_policy_by_itself(iam, config):
    iam.group("deployers", inline={"deploy": [DEPLOY]})
    iam.user("bea", groups=["deployers"], inline={"own": [DEPLOY, DEPLOY], "other": [allow("s3:*")]})
    assert permitted(config, rows(iam), action="ecs:UpdateService", resource=WEB) == Permitted(
        Answer.ALLOWED, ("inline policy own", "group deployers, inline policy deploy")
    )


def test_a_boundary_and_the_organisation_must_allow_it_too(iam, config):
    iam.user("bea", inline={"own": [ALL]}, boundary=document(allow("ecs:*")))
    iam.organisation(allow("*"), deny("ecs:DeleteService"))
    snapshots = rows(iam)
    told = [
        permitted(config, snapshots, action=action, resource=WEB).answer
        for action in ("ecs:UpdateService", "ecs:DeleteService", "ecs:DescribeServices")
    ]
    assert told == ["allowed", "denied", "allowed"]
    assert permitted(config, snapshots, action="s3:GetObject", resource="arn:aws:s3:::a/b").answer == "denied"


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"account": None}, "who did it is not among the accounts whose rights were read"),
        ({"account": "arn:aws:iam::999900001111:user/x"}, "is not among the accounts whose rights were read"),
        ({"action": "unheardof:DoIt"}, "which right unheardof:DoIt takes is not known"),
        ({"resource": WEB}, "it hangs on with a second factor"),
    ],
)
def test_what_cannot_be_told_says_why(iam, config, columns, why):
    iam.user("bea", inline={"own": [{**DEPLOY, "Condition": MFA}]})
    found = permitted(config, rows(iam), **{"action": "ecs:UpdateService", **columns})
    assert found.answer == "unknown"
    assert why in found.why


def test_who_becomes_a_role_by_its_trust_and_their_own_right(iam, config):
    iam.user("bea", inline={"become": [allow("sts:AssumeRole", OPERATOR)]})
    iam.user("cem")
    iam.role("operator", trust={"AWS": f"arn:aws:iam::{A}:root"})
    asked = {"action": "sts:AssumeRole", "resource": OPERATOR}
    told = permitted(config, rows(iam), **asked)
    assert told == Permitted(Answer.ALLOWED, ("trust policy of operator and inline policy become",))
    assert permitted(config, rows(iam), account=f"arn:aws:iam::{A}:user/cem", **asked).answer == "denied"
    elsewhere = OPERATOR.replace(A, "999900001111")
    assert permitted(config, rows(iam), action="sts:AssumeRole", resource=elsewhere).answer == "denied"


@pytest.mark.parametrize(
    ("principal", "account", "answer"),
    [
        ({"Service": "ec2.amazonaws.com"}, "ec2.amazonaws.com", "allowed"),
        ({"Service": "lambda.amazonaws.com"}, "ec2.amazonaws.com", "denied"),
        ({"AWS": "arn:aws:iam::999900001111:root"}, "arn:aws:iam::999900001111:role/x", "allowed"),
        ({"AWS": "999900001111"}, "aws-account:999900001111", "allowed"),
        ({"AWS": "arn:aws:iam::999900001111:root"}, "arn:aws:iam::999900002222:role/x", "denied"),
    ],
)
def test_who_else_a_trust_lets_in(iam, config, principal, account, answer):
    iam.role("operator", trust=principal)
    assert permitted(config, rows(iam), account=account, action="sts:AssumeRole", resource=OPERATOR).answer == answer


def test_a_key_and_a_password_that_are_gone_open_nothing(iam, config):
    iam.user("bea", inline={"own": [ALL]})
    key = {**PLACE, "account": BEA, "provider": "aws"}
    iam.credentials += [
        Credential(**key, credential="AKIAONE", kind="access-key"),
        Credential(**key, credential="AKIATWO", kind="access-key", enabled=False),
        Credential(**key, credential="password:bea", kind="password"),
    ]
    act = {"action": "ecs:UpdateService", "resource": WEB}
    told = [permitted(config, rows(iam), credential=one, **act).answer for one in ("AKIAONE", "AKIATWO", None)]
    assert told == ["allowed", "denied", "allowed"]
    assert permitted(config, rows(iam), action="signin:ConsoleLogin").answer == "allowed"
    iam.credentials.pop()
    assert permitted(config, rows(iam), action="signin:ConsoleLogin").answer == "unknown"


def test_of_keys_without_ids_the_one_that_was_used_is_not_known(iam, config):
    iam.user("bea", inline={"own": [ALL]})
    key = {**PLACE, "account": BEA, "provider": "aws", "kind": "access-key"}
    iam.credentials += [Credential(**key, credential=f"access-key:{BEA}:{n}") for n in (1, 2)]
    act = {"action": "ecs:UpdateService", "resource": WEB, "credential": "AKIAONE"}
    assert permitted(config, rows(iam), **act).answer == "unknown"
    iam.credentials.pop()
    assert permitted(config, rows(iam), **act).answer == "allowed"
    iam.credentials[0] = Credential(**key, credential="access-key:someone:1", enabled=False)
    assert permitted(config, rows(iam), **act).answer == "denied"


def handled(iam):
    """The grants with handles as the collector writes them."""
    for number, grant in enumerate(iam.grants):
        kind, _, name = grant.principal.rpartition(":")[2].partition("/")
        shape = {"policy": grant.role} if ":" not in grant.role else {"group": grant.role.rpartition("/")[2]}
        about = "group-membership" if "group" in shape else f"inline-{kind}-policy"
        handle = write_handle("aws", about, A, **{kind: name}, **shape, fingerprint=str(number))
        iam.grants[number] = replace(grant, handle=handle)


def test_rows_without_a_policy_or_a_group_have_nothing_of_it(iam, config):
    iam.group("deployers", inline={"deploy": [DEPLOY]})
    iam.user("bea", groups=["deployers"], inline={"own": [DEPLOY]})
    iam.user("cem", groups=["deployers"])
    handled(iam)
    whole = rows(iam)
    handles = [json.loads(grant.handle) for grant in iam.grants]
    act = {"action": "ecs:UpdateService", "resource": WEB}

    def by(gone):
        left = provider("aws").without(whole, gone)
        return permitted(config, left, **act).by, changed_accounts(whole, left)

    deploy, own, member, _ = handles
    cem, group = BEA.replace("bea", "cem"), f"arn:aws:iam::{A}:group/deployers"
    assert by([own]) == (("group deployers, inline policy deploy",), {BEA})
    assert by([{**own, "fingerprint": "another"}])[0] == ("group deployers, inline policy deploy",)
    assert by([member]) == (("inline policy own",), {BEA})
    assert by([deploy]) == (("inline policy own",), {BEA, cem, group})
    assert by([deploy, own])[0] == ()
    assert provider("aws").without(whole, [{**own, "policy": "another"}]) is None
    assert provider("aws").without(whole, [{**own, "type": "ec2-key-pair"}]) is None


def test_a_role_without_a_trust_lets_the_others_in(iam, config):
    root, vendor = f"arn:aws:iam::{A}:root", "999900001111"
    iam.user("bea", inline={"become": [allow("sts:AssumeRole")]})
    trust = [{"Principal": {"AWS": [A, vendor], "Service": "ec2.amazonaws.com"}}, {"Principal": {"AWS": vendor}}]
    iam.role("operator", trust=trust)
    iam.grants[:] = [
        Grant(
            **PLACE,
            principal=one,
            role=OPERATOR,
            resource=A,
            provider="aws",
            handle=write_handle("aws", "trust", A, role="operator", principal=one),
        )
        for one in (root, f"arn:aws:iam::{vendor}:root", "ec2.amazonaws.com")
    ]
    whole = rows(iam)
    handles = [json.loads(grant.handle) for grant in iam.grants]
    callers = (BEA, f"arn:aws:iam::{vendor}:role/x", "ec2.amazonaws.com")

    def answers(snapshots):
        asked = {"action": "sts:AssumeRole", "resource": OPERATOR}
        return [permitted(config, snapshots, account=one, **asked).answer for one in callers]

    assert answers(whole) == ["allowed"] * 3
    for number, handle in enumerate(handles):
        left = provider("aws").without(whole, [handle])
        assert answers(left) == [Answer.DENIED if n == number else Answer.ALLOWED for n in range(3)]
        assert OPERATOR in changed_accounts(whole, left)
    assert answers(provider("aws").without(whole, handles)) == ["denied"] * 3


def test_of_a_provider_that_nobody_describes_nothing_is_known(config):
    (found,) = provider("quux").permitted(config, Snapshots(), [used()], AT)
    assert (found.answer, found.why) == ("unknown", "which rights the acts in quux take is not known")
    assert rows_without("quux", Snapshots(), [{"provider": "quux"}]) is None


def test_under_a_boundary_that_cannot_be_read_nothing_is_certain_and_it_is_told_what_may_allow_it(iam, config):
    iam.user("bea", inline={"own": [DEPLOY]}, boundary="null")
    found = permitted(config, rows(iam), action="ecs:UpdateService", resource=WEB)
    assert (found.answer, found.by) == ("unknown", ("inline policy own",))
    assert permitted(config, rows(iam), action="s3:GetObject", resource="arn:aws:s3:::a/b").answer == "denied"


def of_center(iam, *principals):
    """A role of Identity Center, with a permission set that some are assigned."""
    role = iam.role(
        f"{RESERVED.strip('/')}Deploy_0a1b2c3d", trust={"Service": "sso.amazonaws.com"}, inline={"a": [ALL]}
    )
    permission_set = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
    for principal in principals:
        iam.accounts.append(Account(**PLACE, account=principal, provider="aws", scope="d-1", kind="person"))
        handle = write_handle("aws", "identity-center-assignment", A, principal=principal)
        right = {"principal": principal, "role": permission_set, "resource": A, "provider": "aws", "handle": handle}
        iam.grants.append(Grant(**PLACE, **right))
    iam.policies.append(
        Policy(
            **PLACE,
            policy=permission_set,
            kind="role-definition",
            attached_to=permission_set,
            name="Deploy",
            document="{}",
        )
    )
    return role


def test_a_user_of_identity_center_acts_as_a_role_while_an_assignment_stands(iam, config):
    ada, bo = "identity-center:ada", "identity-center:bo"
    role = of_center(iam, ada, bo)
    whole = rows(iam)
    handles = [json.loads(grant.handle) for grant in iam.grants if grant.principal in (ada, bo)]
    without_ada = provider("aws").without(whole, handles[:1])
    nobody = provider("aws").without(whole, handles)

    def answers(opener):
        act = {"account": role, "action": "ecs:UpdateService", "resource": WEB, "opener": opener}
        return [permitted(config, one, **act).answer.value for one in (whole, without_ada, nobody)]

    assert answers(ada) == ["allowed", "denied", "denied"]
    assert answers(bo) == ["allowed", "allowed", "denied"]
    # Whose session it was is not known: only where nobody is assigned any more is it certain.
    assert answers(None) == ["unknown", "unknown", "denied"]
    asked = {"account": ada, "action": "sso:GetRoleCredentials", "resource": "Deploy"}
    assert [permitted(config, one, **asked).answer.value for one in (whole, without_ada)] == ["allowed", "denied"]
    assert changed_accounts(whole, without_ada) == {ada}


def says(statement, action, resource):
    """Whether a statement is about a call, by the shell's own matching."""
    listed = statement["Action"], statement["Resource"]
    return all(
        fnmatchcase(text.lower(), pattern.lower()) for text, pattern in zip((action, resource), listed, strict=True)
    )


@pytest.mark.parametrize("seed", range(60))
def test_without_conditions_the_answer_is_that_of_an_allow_no_deny_and_every_ceiling(iam, config, seed):
    chance = random.Random(seed)
    things = [WEB, OTHER, f"arn:aws:dynamodb:eu-central-1:{A}:table/shop", "arn:aws:s3:::shop/a"]
    calls = dict(
        zip(things, ("ecs:UpdateService", "ecs:DeleteService", "dynamodb:PutItem", "s3:GetObject"), strict=True)
    )
    actions = ["*", "ecs:*", "ecs:Update*", "dynamodb:Put*", "s3:Get*", *calls.values()]
    patterns = ["*", "arn:aws:ecs:*", f"arn:aws:ecs:*:{A}:service/prod/*", "arn:aws:s3:::*", *things]

    def some(effects, most):
        for _ in range(chance.randint(1, most)):
            yield {
                "Effect": chance.choice(effects),
                "Action": chance.choice(actions),
                "Resource": chance.choice(patterns),
            }

    own, shared = list(some(["Allow", "Allow", "Deny"], 3)), list(some(["Allow", "Deny"], 2))
    fence = list(some(["Allow"], 2)) if chance.random() < 0.5 else None
    guard = list(some(["Allow", "Allow", "Deny"], 3)) if chance.random() < 0.5 else None
    iam.group("team", inline={"shared": shared})
    iam.user("bea", inline={"own": own}, groups=["team"], boundary=fence and document(*fence))
    if guard:
        iam.organisation(*guard)
    snapshots = rows(iam)
    for resource, action in calls.items():
        told = [
            {one["Effect"] for one in level if says(one, action, resource)}
            for level in ([*own, *shared], fence, guard)
            if level
        ]
        expected = all("Allow" in effects and "Deny" not in effects for effects in told)
        found = permitted(config, snapshots, action=action, resource=resource).answer
        assert found == ("allowed" if expected else "denied"), (own, shared, fence, guard, action, resource)


ISSUER = f"arn:aws:iam::{A}:oidc-provider/gitlab.example"
SUBJECT = "project_path:quay/shop:ref:main"


@pytest.mark.parametrize(
    ("account", "answer"),
    [
        (ISSUER, "allowed"),
        (f"{ISSUER}:{SUBJECT}", "allowed"),
        (f"gitlab.example:{SUBJECT}", "allowed"),
        (SUBJECT, "allowed"),
        (f"arn:aws:iam::{A}:oidc-provider/git.example", "denied"),
        (f"arn:aws:iam::{A}:oidc-provider/git.example:{SUBJECT}", "denied"),
        (f"{ISSUER}.evil.example", "denied"),
    ],
)
def test_a_federated_caller_may_be_one_whom_its_issuer_vouches_for(iam, config, account, answer):
    trust = [{"Principal": {"Federated": ISSUER}, "Action": "sts:AssumeRoleWithWebIdentity"}]
    iam.role("operator", trust=trust)
    asked = {"action": "sts:AssumeRoleWithWebIdentity", "resource": OPERATOR, "account": account}
    assert permitted(config, rows(iam), **asked).answer == answer
    assert permitted(config, rows(iam), **{**asked, "action": "sts:AssumeRoleWithSAML"}).answer == "denied"


def test_what_a_denial_hangs_on_is_told(iam, config):
    iam.user("bea", inline={"all": [ALL, deny("ecs:*", Condition={"StringEquals": {"aws:UserAgent": "x"}})]})
    found = permitted(config, rows(iam), action="ecs:UpdateService", resource=WEB)
    assert found.answer == "unknown"
    assert "what is denied" in found.why


def test_a_denial_allows_nothing(iam, config):
    iam.user("bea", inline={"none": [deny("ecs:*", OTHER)], "else": [allow("s3:*")]})
    assert permitted(config, rows(iam), action="ecs:UpdateService", resource=OTHER).answer == "denied"
    assert permitted(config, rows(iam), action="s3:ListBucket", resource="arn:aws:s3:::x").answer == "allowed"
