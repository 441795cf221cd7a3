"""GitLab's accounts, memberships and rights as whole rows, from answers by hand."""

from datetime import UTC, datetime

import pytest

from auditor.model.tables import Account, Grant, Membership
from tests.collectors.gitlab.answers import GROUP, MAY, MIA, NINA, NOW, PROJECT, TEN, known, reader, shop


def day(number):
    return datetime(2026, 2, number, tzinfo=UTC)


@pytest.fixture
def read(context):
    return reader(context)


PERSON = {"account": "gitlab:nina", "provider": "gitlab", "scope": "g.example", "kind": "person", "name": "nina"}


@pytest.mark.parametrize(
    ("member", "user", "account"),
    [
        ({}, None, {"enabled": True}),
        ({"state": "blocked"}, None, {}),
        ({"state": "deactivated"}, None, {"enabled": True}),
        ({"name": "Nina", "email": "n@x", "public_email": "p@x"}, None, {"name": "Nina", "email": "n@x", "enabled": True}),
        ({"public_email": "p@x"}, None, {"email": "p@x", "enabled": True}),
        ({"username": "group_7_bot_ab"}, None, {"account": "gitlab:group_7_bot_ab", "name": "group_7_bot_ab",
            "kind": "service", "enabled": True}),
        ({"email": "m@x"}, {"public_email": "p@x"}, {"email": "m@x", "enabled": True}),
        ({"state": "active"}, {"state": "blocked", "name": "N", "email": "u@x"}, {"name": "N", "email": "u@x"}),
        ({}, {"bot": True, "created_at": NOW}, {"kind": "service", "created_at": TEN, "enabled": True}),
        ({}, {"two_factor_enabled": True, "current_sign_in_at": NOW, "last_sign_in_at": "2026-02-19T00:00:00Z",
            "last_activity_on": "2026-02-18"}, {"mfa": True, "last_used_at": TEN, "enabled": True}),
        ({}, {"last_sign_in_at": "2026-02-19T00:00:00Z", "last_activity_on": "2026-02-18"},
            {"last_used_at": day(19), "enabled": True}),
        ({}, {"last_activity_on": "2026-02-18"}, {"last_used_at": day(18), "enabled": True}),
    ],
)  # fmt: skip
def test_an_account_is_what_its_member_and_its_user_say(read, member, user, account):
    users = known({**NINA, **user}) if user else {}
    rows, line = read(Account, {**shop({**NINA, **member}), **users})
    assert rows == [{**PERSON, "unique_id": "gitlab-user:1", **account}]
    assert (line.status, line.reason, line.rows) == ("ok", None, 3)


RIGHT = {
    "principal": "gitlab:nina",
    "role": "developer",
    "resource": "quay/shop",
    "provider": "gitlab",
    "level": "write",
    "handle": {
        "provider": "gitlab",
        "type": "project-member",
        "account": "https://g.example",
        "project": "7",
        "path": "quay/shop",
        "user": "1",
        "username": "nina",
        "level": "30",
    },
}


def test_who_administers_the_server_may_do_all_in_every_project(read):
    rows, _ = read(Grant, {**shop({**NINA, "access_level": 20}), **known({**NINA, "is_admin": True})})
    assert [(row["role"], row.get("condition")) for row in rows] == [
        ("reporter", None),
        ("administrator", "administers the server"),
    ]


def custom(**given):
    return {"member_role": {"name": "Helper", **dict.fromkeys(given.pop("may", ()), True), **given}}


@pytest.mark.parametrize(
    ("level", "role", "reach"),
    [
        (5, "minimal access", "read"), (10, "guest", "read"), (15, "planner", "read"), (20, "reporter", "read"),
        (25, "security manager", "read"), (29, "access level 29", "read"), (30, "developer", "write"),
        (39, "access level 39", "write"), (40, "maintainer", "admin"), (50, "owner", "admin"),
        (60, "administrator", "admin"),
    ],
)  # fmt: skip
def test_every_access_level_has_its_name_and_reach(read, level, role, reach):
    ((row,), _) = read(Grant, shop({**NINA, "access_level": level}))
    assert row == {**RIGHT, "role": role, "level": reach, "handle": {**RIGHT["handle"], "level": str(level)}}


@pytest.mark.parametrize(
    ("member", "differs"),
    [
        ({"created_at": NOW, "created_by": MIA}, {"granted_at": TEN, "granted_by": "gitlab:mia"}),
        ({"expires_at": "2026-05-01"}, {"expires_at": MAY}),
        (custom(name=""), {}),
        (custom(), {"role": "developer (Helper)"}),
        (custom(may=["admin_cicd_variables"]), {"role": "developer (Helper)", "capabilities": ("manage-secrets",)}),
        (
            custom(may=["manage_deploy_tokens", "remove_project", "admin_web_hook"]),
            {
                "role": "developer (Helper)",
                "capabilities": ("manage-access", "manage-infrastructure", "change-config"),
            },
        ),
    ],
)
def test_a_membership_is_a_grant_with_all_that_is_told_of_it(read, member, differs):
    ((row,), _) = read(Grant, shop({**NINA, **member}))
    assert row == {**RIGHT, **differs}


DEEP = {
    "a/b/shop#project": ("project", {**PROJECT, "path_with_namespace": "a/b/shop", "shared_with_groups": [
        {"group_id": 71, "group_full_path": "ops", "group_access_level": 20, "expires_at": "2026-05-01"}]}),
    "a#group": ("group", {**GROUP, "id": 60, "shared_with_groups": [
        {"group_id": 72, "group_full_path": "help", "group_access_level": 40}]}),
    "a/b#group": ("group", {**GROUP, "id": 61}),
    "ops#group": ("group", {**GROUP, "id": 71}),
    "a#members/page-1": ("members", [{**MIA, "created_at": NOW, "created_by": NINA}]),
    "a/b#members/page-1": ("members", [{**NINA, "membership_state": "awaiting"}, {**NINA, "id": 4, "username": "piet"}]),
    "ops#members/page-1": ("members", [{**NINA, "id": 2, "username": "leon", "access_level": 40}]),
    "ops#members/all/page-1": ("all-members", [
        {**NINA, "id": 2, "username": "leon", "access_level": 40, "expires_at": "2026-06-01"},
        {**NINA, "id": 5, "username": "sam", "access_level": 10, "expires_at": "2026-04-01"}]),
    "help#members/page-1": ("members", [{**NINA, "id": 6, "username": "tom"}]),
}  # fmt: skip


def test_every_path_to_a_project_is_told_with_its_level_its_end_and_what_takes_it_away(read):
    rows, line = read(Grant, DEEP)
    told = [
        (row["principal"][7:], row["role"], row.get("condition"), row.get("expires_at"), row.get("granted_at"),
            row.get("handle", {}).get("group"), row.get("handle", {}).get("path"))
        for row in rows if row["resource"] == "a/b/shop"
    ]  # fmt: skip
    shared = "through the group {}, with which {} is shared".format
    assert told == [
        ("mia", "owner", "inherited from a", None, None, "60", "a"),
        ("piet", "developer", "inherited from a/b", None, None, "61", "a/b"),
        ("leon", "reporter", shared("ops", "a/b/shop"), MAY, None, "71", "ops"),
        ("sam", "guest", shared("ops", "a/b/shop"), datetime(2026, 4, 1, tzinfo=UTC), None, None, None),
        ("tom", "developer", shared("help", "a"), None, None, "72", "help"),
    ]
    direct = [(row["principal"], row["resource"], row.get("granted_at"), row.get("granted_by")) for row in rows[:3]]
    assert direct == [
        ("gitlab:mia", "a", TEN, "gitlab:nina"),
        ("gitlab:piet", "a/b", None, None),
        ("gitlab:leon", "ops", None, None),
    ]
    assert (line.status, line.reason) == ("ok", None)


def test_who_belongs_to_a_group_is_told_with_since_when_and_until_when(read):
    members, _ = read(Membership, DEEP)
    assert [(row["group"], row["member"], row.get("since"), row.get("expires_at")) for row in members] == [
        ("gitlab-group:a", "gitlab:mia", TEN, None),
        ("gitlab-group:a/b", "gitlab:piet", None, None),
        ("gitlab-group:ops", "gitlab:leon", None, datetime(2026, 6, 1, tzinfo=UTC)),
        ("gitlab-group:ops", "gitlab:sam", None, datetime(2026, 4, 1, tzinfo=UTC)),
    ]
    groups = [row for row in read(Account, DEEP)[0] if row["kind"] == "group"]
    assert groups[0] == {
        **PERSON, "account": "gitlab-group:a", "kind": "group", "name": "Quay", "created_at": TEN
    }  # fmt: skip
    ((nameless,), _) = read(Account, {"a#group": ("group", {"id": 1})})
    assert nameless["name"] == "a"


def test_a_list_of_all_members_that_is_whole_decides_who_is_one(read):
    everybody = {"quay/shop#members/all/page-1": ("all-members", [NINA, {**MIA, "expires_at": "2026-05-01"}])}
    answers = shop({**NINA, "access_level": 20}, {**NINA, "id": 9, "username": "gone"}, **everybody)
    rows, _ = read(Grant, answers)
    assert [(row["principal"], row["role"], row.get("condition"), row.get("expires_at")) for row in rows] == [
        ("gitlab:nina", "reporter", None, None),
        ("gitlab:nina", "developer", "inherited; from where is not visible", None),
        ("gitlab:mia", "owner", "inherited; from where is not visible", MAY),
    ]
    cut, _ = read(Grant, {**answers, "quay/shop#members/all/page-2": ("cut", None)})
    assert "gitlab:gone" in {row["principal"] for row in cut}


@pytest.mark.parametrize(
    ("answers", "status", "reason"),
    [
        ({"quay#group": ("GitLab says no", None)}, "failed", "GitLab says no"),
        ({**shop(NINA), "quay#group": ("GitLab says no", None)}, "partial", "GitLab says no"),
        ({**shop(NINA), **known({"id": 1}, missing_="its keys are secret")}, "partial", "its keys are secret"),
        (
            {"quay/store#project": ("project", PROJECT)},
            "partial",
            "quay/store is called quay/shop now; correct it in auditor.yaml",
        ),
        ({"Quay/Shop#project": ("project", PROJECT)}, "ok", None),
        (
            {
                **shop(NINA),
                "quay#access_tokens/page-1": ("not-in-plan", [{"status": 401}]),
                "quay/shop#protected_environments/page-1": ("not-in-plan", [{"status": 403}]),
            },
            "ok",
            "not in this plan: access tokens, protected environments",
        ),
    ],
)
def test_what_coverage_says_of_it(read, answers, status, reason):
    _, line = read(Grant, answers)
    assert (line.status, line.reason, line.scope) == (status, reason, "g.example")
    assert (line.from_, line.to) == (None, datetime(2026, 3, 1, 3, tzinfo=UTC))
