"""Whoever can have a pipeline run reaches what the role does that it becomes by its token."""

import json
from datetime import UTC, datetime

import pytest

from auditor.case.access import rights
from auditor.case.people import People
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Grant, Policy

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = {"source": "code", "collected_at": AT, "origin": "github:quay/shop#repository"}
ROLE = "arn:aws:iam::111122223333:role/deploy"
GITHUB, GITLAB = "token.actions.githubusercontent.com", "gitlab.quay.example"
POOL = "//iam.googleapis.com/projects/5/locations/global/workloadIdentityPools/forge"
CONFIG = Config.model_validate(
    {
        "organisation": "Quay",
        "people": [{"id": "bea", "name": "Bea", "accounts": ["github:bea", "gitlab:bea"]}],
        "systems": [
            {
                "id": "shop",
                "name": "Shop",
                "resources": [
                    {"provider": "aws", "account": "111122223333", "match": ["*shop*"]},
                    {"provider": "gcp", "project": "quay-prod"},
                ],
            }
        ],
        "sources": [
            {"name": "code", "kind": "gitlab-access", "url": f"https://{GITLAB}", "groups": ["quay"]},
        ],
    }
)


def policy(name, kind, attached_to, document):
    return Policy(**PLACE, policy=name, kind=kind, attached_to=attached_to, name=name, document=json.dumps(document))


def role(issuer, asked):
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {operator: {f"{issuer}:{key}": value} for operator, key, value in asked},
    }
    release = {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "arn:aws:ecs:*:*:service/shop/*"}
    row = Account(**PLACE, account=ROLE, provider="aws", scope="111122223333", kind="role", name="deploy", enabled=True)
    return row, [
        policy(f"{ROLE}#trust", "trust", ROLE, {"Version": "2012-10-17", "Statement": [trust]}),
        policy("release", "identity", ROLE, {"Version": "2012-10-17", "Statement": [release]}),
    ]


def github(*rules, production=None):
    known = {"type": "repository", "default_branch": "main", "environments": True, "branch": True}
    rows = [policy("github:quay/shop#repository", "x", "quay/shop", {**known, "rules": [{"passes": r} for r in rules]})]
    if production is not None:
        document = {"type": "environment", **production}
        rows.append(
            Policy(
                **PLACE,
                policy="github:quay/shop#production",
                kind="x",
                attached_to="quay/shop",
                name="production",
                document=json.dumps(document),
            )
        )
    return rows


def gitlab(*, developers_push):
    own = {"type": "project", "default_branch": "main", "protected_branches": True}
    push = [{"access_level": 30 if developers_push else 40}]
    branch = {"type": "protected-branch", "push": push}
    rows = [("project", own), ("main", branch)]
    return [
        Policy(
            **PLACE,
            policy=f"gitlab:quay/shop#{name}",
            kind="x",
            attached_to="quay/shop",
            name=name,
            document=json.dumps(document),
        )
        for name, document in rows
    ]


@pytest.fixture
def reached():
    def found(asked, *protected, issuer=GITHUB, forge="github", held="write"):
        account, policies = role(issuer, asked)
        given = Grant(**PLACE, principal=f"{forge}:bea", role=held, resource="quay/shop", provider=forge)
        rows = Snapshots(accounts=[account], policies=[*policies, *protected], grants=[given])
        told = rights(CONFIG, rows, People(CONFIG).who, AT)
        return [one for one in told.access if one.person == "bea"]

    return found


def test_who_may_write_to_the_repository_is_the_role_that_trusts_it(reached):
    (access,) = reached([("StringLike", "sub", "repo:quay/shop:*")], *github([]))
    assert access.path == ("write of quay/shop", "runs a pipeline as role deploy", "policy release")
    assert (access.account, access.provider, access.scope, access.system) == (
        "github:bea",
        "aws",
        "111122223333",
        "shop",
    )
    assert (access.conditions, access.handles, access.borrowed) == ((), (), True)


MAIN, OPEN = "repo:quay/shop:ref:refs/heads/main", "repo:quay/*:*"
PRODUCTION = "repo:quay/shop:environment:production"
APPROVED = ("a deployment takes the approval of one of github:tom",)
REVIEWED = {"reviewed": True, "reviewers": ["github:tom"], "branches": None}
UNTOLD = ("as far as can be told: what protects release was not read",)


@pytest.mark.parametrize(
    ("subject", "protected", "conditions"),
    [
        (OPEN, github([]), ()),
        ("repo:other/shop:*", github([]), None),
        ("repo:quay/shop", github([]), None),
        ("repo:quay@7/shop@9:ref:refs/heads/main", github(), ()),
        ("repo:quay/shop:pull_request", github([]), ()),
        (MAIN, github(), ()),
        (MAIN, github([]), None),
        (MAIN, github(["github:bea"]), ()),
        ("repo:quay/shop:ref:refs/heads/release", github([]), UNTOLD),
        (PRODUCTION, github(), ()),
        (PRODUCTION, github([], production=REVIEWED), APPROVED),
        (PRODUCTION, github([], production={"branches": "protected"}), None),
        (PRODUCTION, github([], production={"branches": ["main"]}), None),
        (PRODUCTION, github(production={"branches": ["main"]}), ()),
        (PRODUCTION, github([], production={"branches": ["main", "release"]}), UNTOLD),
    ],
)
def test_it_takes_what_protects_the_branch_or_the_environment_that_the_trust_names(
    reached, subject, protected, conditions
):
    found = [one.conditions for one in reached([("StringLike", "sub", subject)], *protected)]
    assert found == ([] if conditions is None else [conditions])


@pytest.mark.parametrize(
    ("asked", "conditions"),
    [
        ([("StringEquals", "sub", OPEN)], None),
        ([("StringLike", "repository", "quay/shop")], ()),
        ([("StringLike", "repository_owner", "quay")], ()),
        ([("StringLike", "repository", "quay/shop"), ("StringEquals", "ref", "refs/heads/main")], None),
        ([("StringNotLike", "sub", "repo:quay/shop:*")], None),
        (
            [("StringLike", "sub", "repo:quay/shop:*"), ("StringEquals", "actor", "tom")],
            (f"only when {GITHUB}:actor is tom (stringequals)",),
        ),
    ],
)
def test_other_claims_of_the_token_count_too(reached, asked, conditions):
    found = [one.conditions for one in reached(asked, *github([]))]
    assert found == ([] if conditions is None else [conditions])


@pytest.mark.parametrize("held", ["read", "triage", "deploy key (read)", "app (contents)"])
def test_who_only_reads_has_none_run(reached, held):
    assert not reached([("StringLike", "sub", "repo:quay/shop:*")], *github([]), held=held)


@pytest.mark.parametrize(
    ("subject", "developers_push", "issuer", "leads"),
    [
        ("project_path:quay/shop:ref_type:branch:ref:main", True, GITLAB, True),
        ("project_path:quay/shop:ref_type:branch:ref:main", False, GITLAB, False),
        ("project_path:quay/*:ref_type:branch:ref:*", False, GITLAB, True),
        ("project_path:quay/*", False, GITLAB, True),
        ("project_path:quay/*", False, "gitlab.com", False),
        ("project_path:quay/*", False, "git.quay.example", False),
    ],
)
def test_gitlabs_pipelines_are_told_by_project_branch_and_server(reached, subject, developers_push, issuer, leads):
    rows = gitlab(developers_push=developers_push)
    asked = [("StringLike", "sub", subject)]
    assert bool(reached(asked, *rows, issuer=issuer, forge="gitlab", held="Developer")) is leads


@pytest.mark.parametrize(
    ("member", "conditions"),
    [
        (f"principal:{POOL}/subject/repo:quay/shop:ref:refs/heads/main", ()),
        (
            f"principalSet:{POOL}/attribute.repository/quay/shop",
            ("only as far as the pool's provider, which is not read, takes any token of it",),
        ),
        (f"principalSet:{POOL}/attribute.actor/quay/shop", None),
    ],
)
def test_googles_pools_are_told_by_what_their_members_are_called(member, conditions):
    given = Grant(**PLACE, principal="github:bea", role="write", resource="quay/shop", provider="github")
    bound = Grant(**PLACE, principal=member, role="roles/run.admin", resource="quay-prod", provider="gcp")
    rows = Snapshots(policies=github(), grants=[given, bound])
    found = [one.conditions for one in rights(CONFIG, rows, People(CONFIG).who, AT).access if one.person == "bea"]
    assert found == ([] if conditions is None else [conditions])
