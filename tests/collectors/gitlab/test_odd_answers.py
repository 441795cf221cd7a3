"""Answers that are not as they should be, in every place one after another: nothing stops a normaliser."""

import copy
import json
import random

import pytest

from auditor.config.sources.github import GithubTickets
from auditor.config.sources.gitlab import GitlabAccess, GitlabActivity, GitlabTickets
from auditor.config.sources.tickets import JiraTickets
from collectors.base import Raw
from collectors.github.tickets import GithubTicketsCollector
from collectors.gitlab.access import GitlabAccessCollector
from collectors.gitlab.activity import GitlabActivityCollector
from collectors.gitlab.tickets import GitlabTicketsCollector
from collectors.jira.tickets import JiraTicketsCollector

ODD = (None, 0, -1, 10**30, 1.5, True, "", "x", "2026-02-30", "\ud800\x00\u202e", [], {}, [[]], ["x"], {"id": []})
URL = {"url": "https://g.example", "token_env": "T"}
WHO = {"id": 1, "username": "nina", "login": "nina", "name": "nina", "state": "active"}
NOW = "2026-02-20T10:00:00Z"
ACCESS = {
    "gitlab:q/s#project": ("project", {"id": 7, "path_with_namespace": "q/s", "default_branch": "main", "archived": False,
        "shared_with_groups": [{"group_id": 2, "group_access_level": 30, "group_full_path": "o", "expires_at": None}]}),
    "gitlab:q#group": ("group", {"id": 1, "full_path": "q", "shared_with_groups": []}),
    "gitlab:o#group": ("group", {"id": 2, "full_path": "o", "created_at": NOW}),
    "gitlab:q/s#members/page-1": ("members", [{**WHO, "access_level": 30, "created_by": WHO, "expires_at": "2026-03-01"}]),
    "gitlab:o#members/all/page-1": ("all-members", [{**WHO, "access_level": 40, "membership_state": "active"}]),
    "gitlab:#users": ("users", [{"user": {**WHO, "bot": False, "last_activity_on": "2026-02-01"},
        "keys": [{"id": 3, "key": "ssh-ed25519 AAAA", "title": "t", "created_at": NOW}], "missing": None}]),
    "gitlab:q/s#deploy_keys/page-1": ("deploy-keys", [{"id": 3, "key": "ssh-rsa AAAA", "title": "t", "can_push": True}]),
    "gitlab:q/s#access_tokens/page-1": ("tokens", [{"id": 9, "user_id": 1, "scopes": ["api"], "expires_at": "2026-03-01"}]),
    "gitlab:q/s#deploy_tokens/page-1": ("deploy-tokens", [{"id": 9, "username": "d", "scopes": ["x"]}]),
    "gitlab:q/s#protected_branches/page-1": ("protected-branches", [{"name": "main",
        "push_access_levels": [{"access_level": 40, "user_id": 1, "group_id": None}]}]),
    "gitlab:q/s#protected_environments/page-1": ("protected-environments", [{"name": "production",
        "deploy_access_levels": [{"group_id": 2}], "approval_rules": [{"required_approvals": 1}]}]),
}  # fmt: skip
ACTIVITY = {
    "gitlab:q/s#deployments/page-1": ("deployments", [{"id": 4, "created_at": NOW, "status": "success", "user": WHO,
        "environment": {"name": "production"}, "approvals": [{"user": WHO, "status": "approved"}],
        "deployable": {"finished_at": NOW, "user": WHO, "pipeline": {"id": 3}}}]),
    "gitlab:q/s#releases": ("releases", [{"deployment": 4, "merge_requests": [{"iid": 3}], "approved_by": [{"user": WHO}]}]),
    "gitlab:q/s#audit_events/page-1": ("audit-events", [{"id": 5, "author_id": 1, "created_at": NOW, "entity_type": "Project",
        "details": {"add": "user_access", "as": "Owner", "target_type": "User", "target_id": 1, "ip_address": "192.0.2.7",
        "author_name": "N", "entity_path": "q/s"}}]),
    "gitlab:q/s#authors": ("authors", [{"id": 1, "username": "nina"}]),
}  # fmt: skip
BODY = "**Person:** @nina\n**System:** shop\n**Starts at:** 2026-02-20 10:00\n**Extends:** #3"
TICKETS = {
    "gitlab:q/o#issues/page-1": ("issues", [{"iid": 1, "title": "t", "description": BODY, "state": "closed",
        "labels": ["access::approved"], "author": WHO, "assignees": [WHO], "created_at": NOW, "closed_at": NOW,
        "history": {"missing": None,
        "labels": [{"action": "add", "label": {"name": "access::approved"}, "user": WHO, "created_at": NOW}],
        "states": [{"state": "closed", "created_at": NOW}], "links": [{"references": {"full": "q/o#3"}}],
        "notes": [{"body": "Approved: all", "created_at": NOW, "author": WHO, "system": False}]}}]),
}  # fmt: skip
JIRA = {
    "jira:OPS#issues/page-1": ("issues", [{"key": "OPS-1", "fields": {"summary": "s", "description": BODY, "labels": ["a"],
        "issuetype": {"name": "Incident"}, "reporter": {"name": "n", "emailAddress": "n@q.example"}, "created": NOW,
        "custom": [{"value": "shop"}], "comment": {"total": 1, "comments": [{"created": NOW, "body": "Approved", "author": {"name": "t"}}]}},
        "changelog": {"total": 1, "histories": [{"created": NOW, "author": {"name": "t"},
        "items": [{"field": "status", "fromString": "a", "toString": "Approved", "fieldId": "status"}]}]}}]),
}  # fmt: skip
GITHUB = {
    "github:q/o#issues/page-1": ("issues", [{"issue": {"number": 1, "title": "t", "body": BODY, "state": "closed", "user": WHO,
        "assignees": [WHO], "labels": [{"name": "incident"}], "type": {"name": "Change"}, "created_at": NOW, "closed_at": NOW},
        "timeline": [{"event": "labeled", "created_at": NOW, "actor": WHO, "label": {"name": "approved"}},
        {"event": "commented", "created_at": NOW, "user": WHO, "body": "Closeout: x"}]}]),
}  # fmt: skip
KINDS = [
    (GitlabAccessCollector, GitlabAccess(name="s", kind="gitlab-access", groups=["q"], **URL), ACCESS),
    (GitlabActivityCollector, GitlabActivity(name="s", kind="gitlab-activity", projects=["q/s"], **URL), ACTIVITY),
    (GitlabTicketsCollector, GitlabTickets(name="s", kind="gitlab-tickets", projects=["q/o"], **URL), TICKETS),
    (
        JiraTicketsCollector,
        JiraTickets(name="s", kind="jira-tickets", projects=["OPS"], fields={"systems": "custom"}, **URL),
        JIRA,
    ),
    (GithubTicketsCollector, GithubTickets(name="s", kind="github-tickets", repositories=["q/o"], **URL), GITHUB),
]
CHECKPOINTS = [
    Raw(
        f"gitlab:q/s#{what}",
        lambda: b'{"since": "2026-01-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}',
        version="v",
        part="checkpoint",
    )
    for what in ("deployments", "audit_events")
]


def places(value, path=()):
    """Every place in a value, the value itself first."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def changed(value, path, odd):
    if not path:
        return odd
    whole = copy.deepcopy(value)
    at = whole
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = odd
    return whole


def raws(answers):
    more = CHECKPOINTS if answers.keys() & ACTIVITY.keys() else []
    return [*more, *(Raw(name, json.dumps(c).encode, part=part) for name, (part, c) in answers.items())]


@pytest.mark.parametrize(("kind", "source", "answers"), KINDS, ids=lambda value: getattr(value, "kind", ""))
def test_whatever_stands_in_an_answer_comes_to_rows_or_is_said(kind, source, answers, context):
    collector = kind(source, context)
    whole = collector.normalise(raws(answers))
    assert all(line.status == "ok" for line in whole.coverage if "SSH key" not in (line.reason or "")), whole.coverage
    chance = random.Random(184)
    for name, (part, content) in answers.items():
        for path in places(content):
            for odd in chance.sample(ODD, 4):
                got = collector.normalise(raws({**answers, name: (part, changed(content, path, odd))}))
                assert got.coverage
                assert all(line.status in ("ok", "partial", "failed") for line in got.coverage)
