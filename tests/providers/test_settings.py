"""What changes set, by each provider's own log."""

import json

import pytest

from auditor.providers.registry import provider
from auditor.providers.settings import Setting
from tests.providers.conftest import document


def setting(name, action, asked, answered=None):
    return provider(name).setting(action, asked, answered)


def test_a_policy_is_told_statement_by_statement():
    allow = {"Effect": "Allow", "Action": ["ecs:*", "ssm:Get*"], "Resource": "*"}
    deny = {"Effect": "Deny", "NotAction": "s3:*", "Resource": ["a", "b"], "Condition": {"Bool": {"aws:x": "true"}}}
    asked = {"userName": "sam", "policyName": "jit", "policyDocument": document(allow, deny)}
    found = setting("aws", "iam:PutUserPolicy", asked)
    assert found.of == "jit"
    assert found.entries == {
        "policy": ("Allow ecs:*, ssm:Get* on *", 'Deny all but s3:* on a, b if {"Bool": {"aws:x": "true"}}')
    }


def test_a_trust_policy_says_whom_it_lets_in():
    trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999:root"}, "Action": "sts:AssumeRole"}
    asked = {"roleName": "deploy", "policyDocument": document(trust)}
    assert setting("aws", "iam:UpdateAssumeRolePolicy", asked).entries == {
        "policy": ("Allow sts:AssumeRole by AWS arn:aws:iam::999:root",)
    }


@pytest.mark.parametrize(
    "asked", [{"policyDocument": "Statement {"}, {"policyDocument": '{"Statement": 3}'}, None, [], "x"]
)
def test_what_is_no_document_is_no_statement(asked):
    assert setting("aws", "iam:PutUserPolicy", asked).entries == {}


def rule(protocol, first, last, **sources):
    return {"ipProtocol": protocol, "fromPort": first, "toPort": last} | {
        name: {"items": items} for name, items in sources.items()
    }


def test_rules_of_security_groups_come_and_go():
    ssh = rule("tcp", 22, 22, ipRanges=[{"cidrIp": "0.0.0.0/0"}], ipv6Ranges=[{"cidrIpv6": "::/0"}])
    every = rule("-1", None, None, groups=[{"groupId": "sg-2"}])
    asked = {"groupId": "sg-1", "ipPermissions": {"items": [ssh, every]}}
    came = (("rule", "tcp 22 from 0.0.0.0/0"), ("rule", "tcp 22 from ::/0"), ("rule", "anything from sg-2"))
    assert setting("aws", "ec2:AuthorizeSecurityGroupIngress", asked).gave == came
    assert setting("aws", "ec2:RevokeSecurityGroupIngress", asked).took == came
    flat = {"groupId": "sg-1", "ipProtocol": "tcp", "fromPort": 80, "toPort": 90, "cidrIp": "10.0.0.0/8"}
    assert setting("aws", "ec2:AuthorizeSecurityGroupEgress", flat).gave == (("rule", "tcp 80-90 to 10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("action", "asked", "gave", "took"),
    [
        ("iam:AttachRolePolicy", {"roleName": "r", "policyArn": "arn:p"}, (("policy", "arn:p"),), ()),
        ("iam:DetachUserPolicy", {"userName": "u", "policyArn": "arn:p"}, (), (("policy", "arn:p"),)),
        ("iam:AddUserToGroup", {"userName": "u", "groupName": "admins"}, (("group", "admins"),), ()),
        ("iam:RemoveUserFromGroup", {"userName": "u", "groupName": "admins"}, (), (("group", "admins"),)),
    ],
)
def test_what_is_attached_and_who_is_put_where(action, asked, gave, took):
    found = setting("aws", action, asked)
    assert (found.gave, found.took, found.values) == (gave, took, {})


def test_the_version_of_a_parameter_is_told_with_the_one_before_and_no_value():
    asked = {"name": "/checkout/workers", "value": "HIDDEN_DUE_TO_SECURITY_REASONS", "overwrite": True}
    found = setting("aws", "ssm:PutParameter", asked, {"version": 4, "tier": "Standard"})
    assert (found.values, found.before) == ({"name": "/checkout/workers", "version": "4"}, {"version": "3"})
    assert setting("aws", "ssm:PutParameter", asked, {"version": 1}).before == {}


def test_bindings_of_google_come_and_go():
    deltas = [
        {"action": "ADD", "role": "roles/editor", "member": "user:x@evil.example"},
        {
            "action": "REMOVE",
            "role": "roles/viewer",
            "member": "user:y@x.example",
            "condition": {"expression": "a < b"},
        },
    ]
    found = setting("gcp", "SetIamPolicy", {"bindingDeltas": deltas})
    assert found.gave == (("binding", "roles/editor for user:x@evil.example"),)
    assert found.took == (("binding", "roles/viewer for user:y@x.example if a < b"),)
    audit = [{"action": "REMOVE", "service": "allServices", "logType": "DATA_READ"}]
    assert setting("gcp", "SetIamPolicy", {"auditConfigDeltas": audit}).took == (
        ("audit log", "DATA_READ of allServices"),
    )
    exempt = [{"action": "ADD", "service": "run", "logType": "DATA_READ", "exemptedMember": "user:x@evil.example"}]
    assert setting("gcp", "SetIamPolicy", {"auditConfigDeltas": exempt}).gave == (
        ("audit log", "DATA_READ of run but for user:x@evil.example"),
    )
    assert setting("gcp", "x", {"@type": "t", "labels": {"a": "1"}}).values == {"labels.a": "1"}


def test_gitlab_tells_values_before_and_after_and_members():
    changed = setting("gitlab", "x", {"change": "visibility", "from": "private", "to": "public", "author_name": "Mia"})
    assert (changed.before, changed.values) == ({"visibility": "private"}, {"visibility": "public"})
    member = {"add": "user_access", "as": "Maintainer", "target_details": "Nina", "expiry_to": "2026-12-16"}
    assert setting("gitlab", "x", member).gave == (("member", "Nina as Maintainer until 2026-12-16"),)
    assert setting("gitlab", "x", {"remove": "user_access", "target_details": "Nina"}).took == (("member", "Nina"),)


def test_of_a_provider_that_nobody_describes_what_was_asked_counts():
    assert setting("made-up", "x", {"a": {"b": [1, "c"]}, "none": None}).values == {"a.b.0": "1", "a.b.1": "c"}


@pytest.mark.parametrize(
    ("asked", "values"),
    [
        (
            {"with": "two_factor", "author_name": "Mia", "target_id": 3, "ip_address": "192.0.2.1"},
            {"with": "two_factor"},
        ),
        ({"entity_path": "a", "event_name": "x", "custom_message": "y", "human_author_name": "z"}, {}),
        ({"from": "a"}, {"from": "a"}),
        ({"add": "email"}, {"add": "email"}),
        (None, {}),
    ],
)
def test_gitlab_s_other_events_tell_what_is_not_said_beside_them(asked, values):
    found = setting("gitlab", "x", asked)
    assert (found.values, found.gave, found.took) == (values, (), ())


def test_gitlab_may_leave_out_what_changed_and_whom_it_met():
    assert setting("gitlab", "x", {"from": 1, "to": None}).values == {"value": "None"}
    assert setting("gitlab", "x", {"from": 1, "to": 2}).before == {"value": "1"}
    assert setting("gitlab", "x", {"add": "user_access"}).gave == (("member", " as "),)
    assert setting("gitlab", "x", {"remove": "user_access"}).took == (("member", ""),)


@pytest.mark.parametrize(
    ("action", "asked", "gave", "took"),
    [
        ("repo.add_member", {"user": "nina", "permission": "admin"}, (("member", "nina as admin"),), ()),
        ("team.add_member", {"user": "nina", "team": "ops"}, (("member", "nina"),), ()),
        ("team.add_repository", {"team": "ops"}, (("member", "ops"),), ()),
        ("org.remove_member", {"user": "nina", "permission": "admin"}, (), (("member", "nina"),)),
        ("org.add_member", {"permission": "admin"}, (), ()),
        ("org.remove_member", {}, (), ()),
        ("org.update_member", {"user": "nina", "permission": "admin"}, (), ()),
    ],
)
def test_github_tells_who_came_and_went(action, asked, gave, took):
    found = setting("github", f"github:{action}", asked)
    assert (found.gave, found.took) == (gave, took)


def test_github_tells_values_and_those_before_and_not_who_did_it_where():
    said = {
        "actor": "mia",
        "org": "harbour",
        "repo": "harbour/shop",
        "@timestamp": 1,
        "_document_id": "x",
        "user_id": 2,
    }
    found = setting("github", "github:repo.rename", {**said, "name": "till", "old_name": "shop", "previous_kind": 3})
    assert (found.values, found.before) == ({"name": "till"}, {"name": "shop", "kind": "3"})


def test_of_nested_values_the_first_few_are_told_as_deep_as_people_read():
    deep = "x"
    for name in "gfedcba":
        deep = {name: deep}
    assert setting("made-up", "x", deep).values == {"a.b.c.d.e.f": '{"g": "x"}'}
    assert len(setting("made-up", "x", [str(number) for number in range(90)]).values) == 60
    assert setting("made-up", "x", "alone").values == {}
    assert setting("made-up", "x", {"é": "ü", "n": [True]}).values == {"é": "ü", "n.0": "true"}


@pytest.mark.parametrize(
    ("found", "tells"),
    [
        (Setting(), False),
        (Setting(of="jit", before={"a": "1"}), False),
        (Setting(values={"a": "1"}), True),
        (Setting(entries={"policy": ()}), True),
        (Setting(gave=(("member", "nina"),)), True),
        (Setting(took=(("member", "nina"),)), True),
        (Setting(stood=Setting()), True),
    ],
)
def test_whether_there_is_anything_to_compare(found, tells):
    assert found.tells is tells


@pytest.mark.parametrize(
    ("action", "asked", "gave", "took"),
    [
        ("iam:AddRoleToInstanceProfile", {"roleName": "web", "instanceProfileName": "p"}, (("role", "web"),), ()),
        ("iam:RemoveRoleFromInstanceProfile", {"roleName": "web"}, (), (("role", "web"),)),
        ("iam:AttachUserPolicy", {"policyArn": ["x"], "userName": "u"}, (), ()),
        (
            "ec2:AuthorizeSecurityGroupIngress",
            {"ipPermissions": {"items": [rule("udp", 53, 53, prefixListIds=[{"prefixListId": "pl-1"}])]}},
            (("rule", "udp 53 from pl-1"),),
            (),
        ),
        ("ec2:RevokeSecurityGroupEgress", {"cidrIp": "::/0"}, (), (("rule", "anything to ::/0"),)),
        ("ec2:AuthorizeSecurityGroupIngress", {"ipPermissions": {"items": [rule("tcp", 1, 2, groups=[{}])]}}, (), ()),
    ],
)
def test_what_else_of_aws_comes_and_goes(action, asked, gave, took):
    found = setting("aws", action, asked)
    assert (found.gave, found.took) == (gave, took)
    assert bool(found.values) is not bool(gave or took)


@pytest.mark.parametrize(
    ("answered", "values", "before"),
    [
        ({"version": 2}, {"version": "2"}, {"version": "1"}),
        ({"versionId": "v-7"}, {"versionId": "v-7"}, {}),
        ({"version": "$LATEST"}, {"version": "$LATEST"}, {}),
        ({"name": "x"}, {}, {}),
        (None, {}, {}),
    ],
)
def test_an_answer_tells_the_version(answered, values, before):
    found = setting("aws", "ssm:PutParameter", {}, answered)
    assert (found.values, found.before) == (values, before)


def test_a_statement_is_told_with_what_it_leaves_out():
    but = {
        "Effect": "Deny",
        "NotAction": ["a:b", "c:d"],
        "NotResource": "x",
        "NotPrincipal": {"B": ["2", "1"], "A": "*"},
    }
    told = setting("aws", "s3:PutBucketPolicy", {"bucketPolicy": document(but), "name": "b"})
    assert told.entries == {"policy": ("Deny all but a:b, c:d on all but x by all but A *, B 2, 1",)}
    assert (told.of, told.values) == ("", {"name": "b"})
    one = json.dumps({"Statement": {"Effect": "Allow", "Action": "*"}})
    assert setting("aws", "iam:PutUserPolicy", {"policyDocument": one}).entries == {"policy": ("Allow *",)}
