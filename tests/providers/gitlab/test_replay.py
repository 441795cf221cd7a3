"""Roles in GitLab that audit events gave and took, as rows."""

import json

import pytest

from auditor.model.tables import Account, Policy
from auditor.providers.gitlab.replay import gitlab_changes
from tests.cases import event, row

GROUP = Account(**row(), account="gitlab-group:quay/web", provider="gitlab", scope="git.example", kind="group")
SHOP = Policy(
    **row(), policy="gitlab:quay/web/shop#project", kind="role-definition", attached_to="quay/web/shop", document="{}"
)
LEON = {"target_account": "gitlab:leon"}
INHERITED = "inherited from quay/web"


def changes(action, scope, **told):
    made = event(provider="gitlab", action=f"gitlab:{action}", scope=scope, detail=json.dumps({**LEON, **told}))
    return [
        (one.gives, one.role or "any", one.resource, one.condition) for one in gitlab_changes(made, [GROUP], [SHOP])
    ]


@pytest.mark.parametrize(
    ("action", "told", "expected"),
    [
        ("member_created", {"as": "Developer"}, [(True, "developer", "quay/web/shop", None)]),
        ("add_user_access", {"as": "Owner"}, [(True, "owner", "quay/web/shop", None)]),
        (
            "member_updated",
            {"from": "Guest", "to": "Maintainer"},
            [(False, "guest", "quay/web/shop", None), (True, "maintainer", "quay/web/shop", None)],
        ),
        (
            "member_updated",
            {"from": "Helper", "to": "Maintainer"},
            [(False, "any", "quay/web/shop", None), (True, "maintainer", "quay/web/shop", None)],
        ),
        ("member_destroyed", {"remove": "user_access"}, [(False, "any", "quay/web/shop", None)]),
        # A custom role, a new end, and what is no membership.
        ("member_created", {"as": "Helper"}, []),
        ("member_updated", {"change": "expiry", "from": "2026-01-01", "to": "2026-02-01"}, []),
        ("member_updated", {"from": "Developer", "to": "Developer"}, []),
        ("project_group_link_created", {"as": "Developer"}, []),
    ],
)
def test_a_role_in_a_project(action, told, expected):
    assert changes(action, "quay/web/shop", **told) == expected


def test_a_role_in_a_group_counts_in_the_projects_below_it():
    assert changes("member_created", "quay/web", **{"as": "Developer"}) == [
        (True, "developer", "quay/web", None),
        (True, "developer", "quay/web/shop", INHERITED),
        (True, "gitlab-group:quay/web", "quay/web", None),
    ]
    assert changes("member_destroyed", "quay", remove="user_access")[-1] == (
        False,
        "gitlab-group:quay/web",
        "quay/web",
        None,
    )
