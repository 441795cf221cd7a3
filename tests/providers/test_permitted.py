"""Whether several ways or needs come to one answer, which right a handle names, and whose acts rights concern."""

import json

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Credential, Grant, Membership, Policy
from auditor.providers.permitted import (
    DENIED,
    Answer,
    Permitted,
    all_of,
    allowed,
    any_of,
    changed_accounts,
    named_right,
    not_known,
    rows_without,
    without_members,
)
from auditor.providers.registry import provider
from tests.cases import row
from tests.copies import replace

YES, NO, PERHAPS = allowed("a"), DENIED, not_known("untold", "b")


@pytest.mark.parametrize(
    ("ways", "answer", "by", "why"),
    [
        ([], Answer.DENIED, (), ""),
        ([NO], Answer.DENIED, (), ""),
        ([NO, YES], Answer.ALLOWED, ("a",), ""),
        ([YES, PERHAPS, YES], Answer.ALLOWED, ("a", "b", "a"), ""),
        ([NO, PERHAPS], Answer.UNKNOWN, ("b",), "untold"),
        ([PERHAPS, not_known("later", "c")], Answer.UNKNOWN, ("b", "c"), "untold"),
        ([Permitted(Answer.DENIED, ("its key",)), YES], Answer.ALLOWED, ("a",), ""),
    ],
)
def test_one_of_several_ways_is_enough(ways, answer, by, why):
    assert any_of(iter(ways)) == Permitted(answer, by, why)


@pytest.mark.parametrize(
    ("needed", "answer", "by", "why"),
    [
        ([], Answer.ALLOWED, (), ""),
        ([YES, YES], Answer.ALLOWED, ("a", "a"), ""),
        ([YES, PERHAPS], Answer.UNKNOWN, ("a", "b"), "untold"),
        ([PERHAPS, NO], Answer.DENIED, (), ""),
    ],
)
def test_everything_that_is_needed_must_be_there(needed, answer, by, why):
    assert all_of(iter(needed)) == Permitted(answer, by, why)


def test_a_right_is_named_whatever_a_policy_s_text_was_and_a_key_by_its_fingerprint():
    assert named_right({"type": "policy", "fingerprint": "ab12"}) == {"type": "policy"}
    assert named_right({"type": "user-key", "fingerprint": "SHA256:x"}) == {
        "type": "user-key",
        "fingerprint": "SHA256:x",
    }


def handle(name, **more):
    return {"provider": "quux", "type": "right", "name": name, **more}


def grant(principal, role="r", told=None, provider="quux"):
    told = told or handle(f"{principal} {role}")
    return Grant(**row(principal=principal, role=role, resource="x", provider=provider, handle=json.dumps(told)))


def key(account):
    own = json.dumps(handle(f"key of {account}"))
    return Credential(**row(credential=f"k-{account}", kind="key", account=account, provider="quux", handle=own))


def joins(member, group, via="member"):
    return Membership(**row(member=member, group=group, via=via))


def policy(holder, name, kind="identity"):
    return Policy(**row(policy=name, kind=kind, attached_to=holder, document="{}"))


ROWS = Snapshots(
    grants=[grant("nina"), grant("nina", "team"), grant("mia"), grant("nina", provider="other")],
    credentials=[key("nina"), key("mia")],
    memberships=[joins("nina", "team"), joins("mia", "team")],
    policies=[policy("nina", "nina#r"), policy("nina", "r", kind="boundary"), policy("mia", "r")],
)


def without(*handles):
    return rows_without("quux", ROWS, handles)


def test_a_right_goes_with_the_rows_that_say_the_same():
    left = without(handle("nina r", fingerprint="another"))
    assert left.grants == [*ROWS.grants[1:]]
    assert left.policies == ROWS.policies[1:]
    assert (left.credentials, left.memberships) == (ROWS.credentials, ROWS.memberships)
    assert without(handle("nina team")).memberships == ROWS.memberships[1:]
    assert without(handle("key of nina")).credentials == ROWS.credentials[1:]


def test_what_is_not_among_the_rows_cannot_be_taken_from_them():
    assert without(handle("sam r")) is None
    assert without(handle("nina r"), handle("sam r")) is None
    assert rows_without("other", ROWS, [handle("mia r")]) is None
    assert without_members(ROWS, [("team", "sam")]) is None
    assert without_members(ROWS, [("team", "mia")]).memberships == ROWS.memberships[:1]
    assert rows_without("quux", Snapshots(grants=[replace(ROWS.grants[0], handle=None)]), [handle("nina r")]) is None


@pytest.mark.parametrize(
    ("left", "own", "accounts"),
    [
        ({}, False, set()),
        ({"grants": ROWS.grants[1:]}, False, {"nina"}),
        ({"credentials": ROWS.credentials[:1]}, False, {"mia"}),
        ({"policies": ROWS.policies[:2]}, True, {"mia"}),
        ({"memberships": ROWS.memberships[1:]}, True, {"nina"}),
    ],
)
def test_whose_acts_may_have_used_what_is_gone(left, own, accounts):
    assert changed_accounts(ROWS, replace(ROWS, **left), own=own) == accounts


def test_what_a_group_loses_its_members_lose_and_theirs():
    rows = Snapshots(
        grants=[grant("team")],
        memberships=[
            joins("nina", "inner"),
            joins("inner", "team"),
            joins("team", "inner"),
            joins("sam", "team", "assume"),
        ],
    )
    assert changed_accounts(rows, replace(rows, grants=[])) == {"team", "inner", "nina"}


def test_of_whom_one_may_become_the_one_who_is_become_and_neither_where_only_own_rights_are_asked():
    rows = Snapshots(
        grants=[grant("nina", "operator")],
        memberships=[joins("nina", "operator", "assume")],
        policies=[policy("operator", "t", kind="trust")],
    )
    assert changed_accounts(rows, replace(rows, memberships=[])) == {"operator"}
    assert changed_accounts(rows, Snapshots()) == {"nina", "operator"}
    assert changed_accounts(rows, Snapshots(), own=True) == frozenset()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gcp", {"type": "metadata-ssh-key"}),
        ("gcp", {"type": "os-login-key"}),
        *(("gitlab", {"type": one}) for one in ("user-key", "project-key", "personal-access-token", "deploy-token")),
        *(("aws", {"type": one}) for one in ("ec2-key-pair", "ssh-public-key")),
    ],
)
def test_of_what_no_log_tells_the_use_nothing_can_be_said(name, told):
    own = {"provider": name, **told}
    held = Credential(**row(credential="k", kind="key", account="a", provider=name, handle=json.dumps(own)))
    assert provider(name).without(Snapshots(credentials=[held]), [own]) is None
    other = {"provider": name, "type": "another"}
    kept = replace(held, handle=json.dumps(other))
    assert provider(name).without(Snapshots(credentials=[kept]), [other]).credentials == []


A = "111122223333"
ROLE = f"arn:aws:iam::{A}:role/operator"
TEAM, VENDOR = f"arn:aws:iam::{A}:user/mia", "999900001111"


def trust_without(principal, *statements, text=None):
    told = {"provider": "aws", "type": "trust", "account": A, "role": "operator", "principal": principal}
    trust = Grant(**row(principal=principal, role=ROLE, resource=A, provider="aws", handle=json.dumps(told)))
    document = text or json.dumps({"Version": "1", "Statement": statements})
    other = Policy(**row(policy="o", kind="trust", attached_to=f"{ROLE}2", document=document))
    own = Policy(**row(policy="t", kind="trust", attached_to=ROLE, document=document))
    left = provider("aws").without(Snapshots(grants=[trust], policies=[other, own]), [told])
    if left is None:
        return None
    assert left.policies[0] is other
    assert json.loads(left.policies[1].document).get("Version") == "1"
    return json.loads(left.policies[1].document)["Statement"]


def allow(principal, **more):
    return {"Effect": "Allow", "Principal": principal, **more}


@pytest.mark.parametrize(
    ("principal", "statement", "left"),
    [
        (TEAM, allow({"AWS": TEAM}), None),
        (TEAM, allow({"AWS": [TEAM, VENDOR]}), allow({"AWS": [VENDOR]})),
        (TEAM, allow({"AWS": TEAM, "Service": "ec2.amazonaws.com"}), allow({"Service": ["ec2.amazonaws.com"]})),
        (f"arn:aws:iam::{VENDOR}:root", allow({"AWS": VENDOR}), None),
        (f"arn:aws-cn:iam::{VENDOR}:root", allow({"AWS": [VENDOR, TEAM]}), allow({"AWS": [TEAM]})),
        (f"arn:aws:iam::{TEAM}:root", allow({"AWS": TEAM}), allow({"AWS": [TEAM]})),
        ("*", allow("*"), None),
        (TEAM, allow("*"), allow("*")),
        ("*", {"Effect": "Allow", "NotPrincipal": {"AWS": TEAM}}, None),
        (TEAM, {"Effect": "Allow", "NotPrincipal": {"AWS": TEAM}}, {"Effect": "Allow", "NotPrincipal": {"AWS": TEAM}}),
        (TEAM, {**allow({"AWS": TEAM}), "Effect": "Deny"}, {**allow({"AWS": TEAM}), "Effect": "Deny"}),
    ],
)
def test_who_is_taken_from_a_trust_is_taken_from_each_statement_that_lets_them_in(principal, statement, left):
    kept = [allow({"Service": "ecs.amazonaws.com"})]
    normal = [allow({"Service": ["ecs.amazonaws.com"]})]
    assert trust_without(principal, statement, *kept) == [*([left] if left else []), *normal]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"Statement": ["x"]}', '{"Statement": {"Effect": "Allow"}}'])
def test_a_trust_that_cannot_be_read_is_not_known_without_somebody(text):
    assert trust_without(TEAM, text=text) is None


def test_a_statement_that_stands_alone_is_a_list_of_one():
    assert trust_without(TEAM, text=json.dumps({"Version": "1", "Statement": allow({"AWS": TEAM})})) == []
