"""An invented organisation on GitHub, as its API would tell of it: four people, a contractor, a team, a key, two apps."""

from tests.github_server import Server, collaborator, member, team, user

NINA_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0m6DyXbm0Eh0DNQ2SM2LhDwq4nTtqzzYzB1s6mV4n1"
DEPLOY_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKVYvMrhMHqZ0a4dkJT8M4p0zGXoVb2vYFqkZ7gD0a1b"
SHOP = "repos/quay/shop"


def counted(name, records):
    return {"total_count": len(records), name: records}


def company():
    """Nina owns it; Tom is in the team `ops` that may write; Mia is a member; Sam a contractor who administers."""
    members = [
        member("nina", 1, "ADMIN", keys=[NINA_KEY], mails=["nina@quay.example"]),
        member("tom", 2, two_factor=False),
        member("mia", 3),
    ]
    reviewers = [{"type": "Team", "reviewer": team("ops")}, {"type": "User", "reviewer": user("nina")}]
    production = {
        "id": 5,
        "name": "production",
        "can_admins_bypass": False,
        "protection_rules": [
            {"id": 1, "type": "required_reviewers", "prevent_self_review": True, "reviewers": reviewers},
            {"id": 2, "type": "wait_timer", "wait_timer": 30},
            {"id": 3, "type": "branch_policy"},
        ],
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    }
    key = {
        "id": 12,
        "key": DEPLOY_KEY,
        "title": "old laptop",
        "read_only": False,
        "enabled": True,
        "created_at": "2024-05-01T08:00:00Z",
        "last_used": None,
        "added_by": "sam",
    }
    apps = [
        {
            "id": 31,
            "app_id": 301,
            "app_slug": "shipper",
            "permissions": {"contents": "write", "metadata": "read", "actions": "write"},
            "repository_selection": "all",
            "created_at": "2025-01-01T00:00:00Z",
            "suspended_at": None,
        },
        {
            "id": 32,
            "app_id": 302,
            "app_slug": "linter",
            "permissions": {"contents": "write"},
            "repository_selection": "selected",
            "created_at": "2025-01-01T00:00:00Z",
            "suspended_at": None,
        },
    ]
    protection = {
        "required_pull_request_reviews": {
            "required_approving_review_count": 1,
            "bypass_pull_request_allowances": {"users": [user("tom")], "teams": [], "apps": []},
        },
        "enforce_admins": {"enabled": True},
    }
    ruleset = {
        "id": 44,
        "name": "main",
        "bypass_actors": [
            {"actor_type": "Team", "actor_id": 7, "bypass_mode": "always"},
            {"actor_type": "OrganizationAdmin", "actor_id": 1, "bypass_mode": "pull_request"},
        ],
    }
    collaborators = [collaborator("sam", "admin")]
    return Server(
        members={"quay": members},
        answers={
            "orgs/quay": {"login": "quay", "id": 100, "name": "Quay", "default_repository_permission": "read"},
            "orgs/quay/members": [user("nina")],
            "orgs/quay/outside_collaborators": [user("sam", 4)],
            "orgs/quay/teams": [team("ops")],
            "orgs/quay/teams/ops": team("ops"),
            "orgs/quay/teams/ops/members": [user("tom", 2)],
            "orgs/quay/teams/ops/memberships/tom": {"role": "maintainer", "state": "active"},
            "orgs/quay/memberships/nina": {"role": "admin", "state": "active"},
            "orgs/quay/installations": counted("installations", apps),
            "orgs/quay/repos": [
                {"id": 9, "full_name": "quay/shop", "archived": False},
                {"id": 8, "full_name": "quay/old", "archived": True},
            ],
            SHOP: {"id": 9, "full_name": "quay/shop", "default_branch": "main", "visibility": "private"},
            f"{SHOP}/collaborators": collaborators,
            f"{SHOP}/collaborators?all": [
                collaborator("nina", "admin"), collaborator("tom", "push"), collaborator("mia", "maintain"), *collaborators
            ],
            f"{SHOP}/teams": [team("ops")],
            f"{SHOP}/keys": [key],
            f"{SHOP}/keys/12": key,
            f"{SHOP}/environments": counted("environments", [production]),
            f"{SHOP}/environments/production/deployment-branch-policies": counted("branch_policies", [{"name": "main"}]),
            f"{SHOP}/environments/production/secrets": counted("secrets", [{"name": "DEPLOY_ROLE"}]),
            f"{SHOP}/branches/main/protection": protection,
            f"{SHOP}/rules/branches/main": [
                {"type": "pull_request", "ruleset_id": 44, "ruleset_source": "quay/shop"},
                {"type": "deletion", "ruleset_id": 45},
            ],
            f"{SHOP}/rulesets/44": ruleset,
            f"{SHOP}/actions/secrets": counted("secrets", [{"name": "SENTRY"}]),
            f"{SHOP}/actions/organization-secrets": counted("secrets", []),
        },
    )  # fmt: skip


def releases(server):
    """What was deployed: one release by Tom, approved by Nina, and a run of tests."""
    run = {
        "id": 70,
        "created_at": "2026-02-10T10:00:00Z",
        "updated_at": "2026-02-10T10:20:00Z",
        "event": "workflow_dispatch",
        "status": "completed",
        "conclusion": "success",
        "head_branch": "main",
        "head_sha": "c0ffee",
        "html_url": "https://github.com/quay/shop/actions/runs/70",
        "actor": user("mia", 3),
        "triggering_actor": user("tom", 2),
    }
    tests = {**run, "id": 71, "event": "push", "conclusion": "failure", "created_at": "2026-02-11T10:00:00Z"}
    old = {**run, "id": 60, "created_at": "2025-01-01T10:00:00Z", "updated_at": "2025-01-01T10:00:00Z"}
    log = f"{run['html_url']}/job/1"
    deployment = {
        "id": 500,
        "sha": "c0ffee",
        "ref": "main",
        "environment": "production",
        "created_at": "2026-02-10T10:01:00Z",
        "updated_at": "2026-02-10T10:19:00Z",
        "creator": user("github-actions[bot]", 41898282, type="Bot"),
    }
    states = [
        {"state": "inactive", "created_at": "2026-02-12T10:19:00Z", "log_url": log},
        {"state": "success", "created_at": "2026-02-10T10:19:00Z", "log_url": log},
        {"state": "in_progress", "created_at": "2026-02-10T10:15:00Z", "log_url": log},
        {"state": "waiting", "created_at": "2026-02-10T10:01:00Z", "log_url": log},
    ]
    approvals = [
        {"state": "approved", "user": user("nina"), "environments": [{"name": "production"}]},
        {"state": "approved", "user": user("mia"), "environments": [{"name": "staging"}]},
    ]
    pull = {"number": 12, "html_url": "https://github.com/quay/shop/pull/12", "merged_at": "2026-02-10T09:59:00Z"}
    reviews = [{"state": "COMMENTED", "user": user("tom")}, {"state": "APPROVED", "user": user("mia")}]
    server.answers |= {
        f"{SHOP}/actions/runs": counted("workflow_runs", [tests, run, old]),
        f"{SHOP}/actions/runs/70": run,
        f"{SHOP}/actions/runs/70/approvals": approvals,
        f"{SHOP}/deployments": [deployment],
        f"{SHOP}/deployments/500/statuses": states,
        f"{SHOP}/commits/c0ffee/pulls": [pull],
        f"{SHOP}/pulls/12/reviews": reviews,
    }
    return server
