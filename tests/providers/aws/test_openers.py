"""What may become a role that nobody of IAM assumes, in words."""

import pytest

from auditor.case.people import People
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.providers.aws.rights import aws_access
from tests.providers.conftest import AT

OIDC = "arn:aws:iam::111122223333:oidc-provider/"
HUB = "token.actions.githubusercontent.com"
EKS = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
DEPLOY = {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "arn:aws:ecs:*:111122223333:service/shop/*"}


def web(issuer, **claims):
    equal = {f"{issuer}:{claim}": value for claim, value in claims.items()}
    return {
        "Principal": {"Federated": OIDC + issuer},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": equal},
    }


@pytest.mark.parametrize(
    ("trust", "words"),
    [
        ({"Principal": {"Service": "ec2.amazonaws.com"}}, "any EC2 instance that it is given to"),
        ({"Principal": {"Service": "dlm.amazonaws.com"}}, "the service dlm.amazonaws.com"),
        (
            {
                "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/Okta"},
                "Action": "sts:AssumeRoleWithSAML",
            },
            "anyone in the SAML app Okta",
        ),
        (web(HUB, aud="sts.amazonaws.com"), "any repository on GitHub"),
        (web(HUB, sub="repo:*"), "any repository on GitHub"),
        (web(HUB, sub="repo:acme/*"), "any repository of acme on GitHub"),
        (web(HUB, repository_owner="acme"), "any repository of acme on GitHub"),
        (web(HUB, sub="repo:acme/shop:ref:refs/heads/main"), "the repository acme/shop on GitHub"),
        (web("gitlab.com", aud="https://gitlab.com"), "any project on gitlab.com"),
        (
            web("gitlab.com", sub="project_path:acme/shop:ref_type:branch:ref:main"),
            "the project acme/shop on gitlab.com",
        ),
        (web(EKS, sub="system:serviceaccount:prod:shop"), "the service account prod/shop of an EKS cluster"),
        (web(EKS, aud="sts.amazonaws.com"), f"any pod of the EKS cluster {EKS}"),
        (web("app.terraform.io", sub="organization:acme:*"), "organization:acme:* of app.terraform.io"),
        (web("accounts.acme.example", aud="x"), "anyone whom accounts.acme.example signs in"),
        (
            {
                **web("cognito-identity.amazonaws.com", aud="eu-west-1:pool"),
                "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            },
            "users of the Cognito identity pool eu-west-1:pool",
        ),
    ],
)
def test_a_role_that_nobody_declares_is_named_by_what_becomes_it(iam, resolve, trust, words):
    iam.role("operator", trust=[trust], inline={"release": [DEPLOY]})
    (access,) = resolve(iam).access
    assert access.opened_by == (words,)
    assert access.path == (words, "role operator", "inline policy release")


ANCHOR = "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/0a1b"


def anywhere(**condition):
    return {
        "Principal": {"Service": "rolesanywhere.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        **({"Condition": condition} if condition else {}),
    }


def narrowed(operator, issuer, claim, *values):
    trust = web(issuer)
    return {**trust, "Condition": {operator: {f"{issuer}:{claim}": list(values)}}}


@pytest.mark.parametrize(
    ("trust", "words"),
    [
        (
            narrowed("StringNotLike", HUB, "sub", "repo:acme/*"),
            (f"any repository on GitHub (only when {HUB}:sub is not repo:acme/* (stringnotlike))",),
        ),
        (
            narrowed("StringEquals", "gitlab.com", "sub", "project_path:*:ref_type:branch"),
            ("any project on gitlab.com",),
        ),
        (narrowed("StringEquals", HUB, "repository", "acme/shop"), ("the repository acme/shop on GitHub",)),
        (narrowed("StringLike", HUB, "sub", "repo:*/shop:*"), ("any repository on GitHub",)),
        (
            narrowed("StringLike", HUB, "sub", "repo:acme/shop:*", "repo:acme/mail:*"),
            ("the repository acme/shop on GitHub", "the repository acme/mail on GitHub"),
        ),
        (narrowed("StringLike", "gitlab.com", "namespace_id", "42"), ("namespace_id 42 of gitlab.com",)),
        (
            {**web(HUB), "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
            ("any repository on GitHub (only when aws:PrincipalOrgID is o-1 (stringequals))",),
        ),
        (anywhere(), ("whoever holds a certificate of any trust anchor of Roles Anywhere",)),
        (
            anywhere(ArnEquals={"aws:SourceArn": ANCHOR}, StringEquals={"aws:PrincipalTag/x509Subject/CN": "deploy"}),
            (
                (
                    "whoever holds a certificate of the trust anchor 0a1b "
                    "(only when aws:PrincipalTag/x509Subject/CN is deploy (stringequals))"
                ),
            ),
        ),
        (
            {
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
            },
            ("any Lambda function that it is given to (only when aws:SourceAccount is 111122223333 (stringequals))",),
        ),
        ({**web(HUB), "Action": "sts:TagSession"}, ()),
        ({**web(HUB), "Effect": "Deny"}, ()),
        ({"Principal": {"Service": ["ec2.amazonaws.com.cn"]}}, ("any EC2 instance that it is given to",)),
        (
            {"Principal": {"Service": ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]}},
            ("any Lambda function that it is given to", "any ECS task that it is given to"),
        ),
        (
            {"Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": "sts:AssumeRoleWithWebIdentity"},
            ("users of the Cognito identity pool that is not named",),
        ),
    ],
)
def test_claims_that_are_asked_for_narrow_down_who_becomes_it(iam, resolve, trust, words):
    iam.role("operator", trust=[trust], inline={"release": [DEPLOY]})
    assert [access.opened_by for access in resolve(iam).access] == [words] * bool(words)


def test_trust_that_is_over_opens_nothing(iam, resolve):
    gone = {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    trust = {"Principal": {"Service": "dlm.amazonaws.com"}}
    iam.role(
        "operator",
        trust=[trust, {"Principal": {"Service": "rds.amazonaws.com"}, "Condition": gone}],
        inline={"release": [DEPLOY]},
    )
    assert [access.opened_by for access in resolve(iam).access] == [("the service dlm.amazonaws.com",)]


@pytest.mark.parametrize(
    ("trust", "kind"),
    [
        ([{"Principal": {"Service": "events.amazonaws.com"}}], "provider"),
        ([{"Principal": {"Service": "dms.eu-west-1.amazonaws.com.cn"}}], "provider"),
        ([{"Principal": {"Service": ["scheduler.amazonaws.com", "pipes.amazonaws.com"]}}], "provider"),
        ([{"Principal": {"Service": ["events.amazonaws.com", "lambda.amazonaws.com"]}}], "unknown"),
        ([{"Principal": {"Service": "events.amazonaws.com"}}, web(HUB, sub="repo:acme/*")], "unknown"),
        ([{"Principal": {"Service": "chatbot.amazonaws.com"}}], "unknown"),
        ([{"Principal": {"Service": "ec2.amazonaws.com"}}], "unknown"),
        ([{"Principal": {"Service": "nobody-knows.amazonaws.com"}}], "unknown"),
    ],
)
def test_a_role_of_services_alone_that_do_their_own_work_is_awss_own(iam, resolve, trust, kind):
    iam.role("operator", trust=trust, inline={"release": [DEPLOY]})
    assert [access.identity.actor_class for access in resolve(iam).access] == [kind]


def test_a_declared_role_is_what_it_is_declared_as(iam, resolve):
    iam.role("ci-deploy", trust=[web(HUB, sub="repo:acme/*")], inline={"release": [DEPLOY]})
    (access,) = resolve(iam).access
    assert (access.opened_by, access.path[0]) == ((), "role ci-deploy")


def test_a_role_of_a_declared_repository_is_that_repositorys(iam, config):
    company = Config.model_validate(
        {
            **config.model_dump(mode="json"),
            "people": [{"id": "mia", "name": "Mia"}],
            "service_accounts": [
                {"id": "deploys", "owner": "mia", "purpose": "deploys", "accounts": ["repo:acme/shop:*"]},
            ],
        }
    )
    for name, sub in (("known", "repo:acme/shop:ref:refs/heads/main"), ("unknown", "repo:acme/*")):
        iam.role(name, trust=[web(HUB, sub=sub)], inline={"release": [DEPLOY]})
    rows = Snapshots(accounts=iam.accounts, policies=iam.policies, grants=iam.grants)
    found = {a.path[-2]: a for a in aws_access(company, rows, People(company).who, AT).access}
    assert (found["role known"].identity.owner, found["role known"].opened_by) == ("deploys", ())
    assert found["role unknown"].opened_by == ("any repository of acme on GitHub",)


@pytest.mark.parametrize(
    ("trust", "open_to"),
    [
        (web(HUB, aud="sts.amazonaws.com"), ["any repository on GitHub"]),
        (web(HUB, sub="repo:*"), ["any repository on GitHub"]),
        (web(HUB, sub="repo:acme/*"), []),
        (web(HUB, sub="repo:acme*"), ["any repository on GitHub whose subject is like repo:acme*"]),
        (web(HUB, sub="repo:*:environment:production", repository_owner="acme"), []),
        (
            web(HUB, sub="repo:*:environment:*", environment="live"),
            [
                (
                    "any repository on GitHub whose subject is like repo:*:environment:* "
                    f"(only when {HUB}:environment is live (stringlike))"
                )
            ],
        ),
        (
            web("gitlab.com", sub="project_path:*/shop:ref:main"),
            ["any project on gitlab.com whose subject is like project_path:*/shop:ref:main"],
        ),
        (web("gitlab.com", sub="project_path:acme/*"), []),
        (web("app.terraform.io", sub="organization:acme:project:*"), []),
        (
            web("app.terraform.io", sub="organization:*:run_phase:apply"),
            ["anyone whom app.terraform.io signs in whose subject is like organization:*:run_phase:apply"],
        ),
        (web("accounts.google.com", sub="104958230498523049852"), []),
        (web("gitlab.com", aud="https://gitlab.com"), ["any project on gitlab.com"]),
        (web("gitlab.com", namespace_id="42"), []),
        (web("gitlab.harbour.example", aud="x"), []),
        (web(EKS, aud="sts.amazonaws.com"), []),
    ],
)
def test_a_declared_role_that_anybody_can_become_is_told(iam, resolve, trust, open_to):
    iam.role("ci-deploy", trust=[trust], inline={"release": [DEPLOY]})
    assert [trust.principal for trust in resolve(iam).foreign_trusts] == open_to
