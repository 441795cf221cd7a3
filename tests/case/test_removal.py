"""What would have failed without some rights, judged act by act."""

import json
from collections import Counter

import pytest

from auditor.case.removal import Fate, removal
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.handles import write_handle
from auditor.model.tables import Account, Credential, Grant, Policy
from tests.activity.acts import AWS, used
from tests.providers.conftest import AT, PLACE, Iam

NINA, OPERATOR = f"arn:aws:iam::{AWS}:user/nina", f"arn:aws:iam::{AWS}:role/operator"
SECOND = OPERATOR.replace("operator", "second")
WEB, DB = (f"arn:aws:ecs:eu-central-1:{AWS}:service/prod/{name}" for name in ("web", "db"))
CONFIG = Config(organisation="Quay")
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def inline(name, holder="nina", kind="user"):
    return write_handle("aws", f"inline-{kind}-policy", AWS, **{kind: holder, "policy": name})


@pytest.fixture
def iam():
    found = Iam(AWS)
    found.user("nina", inline={"own": [allow("ecs:*", WEB), allow("sts:AssumeRole", OPERATOR)]}, groups=["team"])
    found.group("team", inline={"read": [allow("ecs:Describe*"), allow("logs:*", Condition=MFA)]})
    found.role("operator", trust={"AWS": NINA}, inline={"operate": [allow("ecs:*"), allow("sts:AssumeRole")]})
    found.role("second", trust={"AWS": f"arn:aws:iam::{AWS}:root"}, inline={"all": [allow("*")]})
    handles = {
        "own": inline("own"),
        "read": inline("read", "team", "group"),
        "operate": inline("operate", "operator", "role"),
        "all": inline("all", "second", "role"),
        found.arn("group", "team"): write_handle("aws", "group-membership", AWS, user="nina", group="team"),
        OPERATOR: write_handle("aws", "trust", AWS, role="operator", principal=NINA),
        SECOND: write_handle("aws", "trust", AWS, role="second", principal=f"arn:aws:iam::{AWS}:root"),
    }
    found.grants = [
        Grant(**PLACE, principal=g.principal, role=g.role, resource=AWS, provider="aws", handle=handles[g.role])
        for g in found.grants
    ]
    for number, last in ((1, None), (2, AT)):
        key = {**PLACE, "account": NINA, "provider": "aws", "kind": "access-key", "last_used_at": last}
        handle = write_handle("aws", "access-key", AWS, user="nina", key=f"AKIA{number}")
        found.credentials.append(Credential(**key, credential=f"AKIA{number}", handle=handle))
    return found


def act(action="ecs:UpdateService", resource=WEB, **columns):
    return used(**{"action": action, "resource": resource, "account": NINA, **columns})


def replayed(iam, acts, *handles):
    rows = Snapshots(
        accounts=iam.accounts,
        memberships=iam.memberships,
        policies=iam.policies,
        grants=iam.grants,
        credentials=iam.credentials,
    )

    def asked(accounts):
        return [one for one in acts if {one.account, one.resource} & accounts]

    return removal(CONFIG, rows, map(json.loads, handles), asked, AT)


def fates(found):
    return [(one.act.action, one.fate.value) for one in found.judged]


def test_what_the_right_alone_allowed_would_have_failed(iam):
    acts = [act(events=3), act("ecs:DescribeServices"), act("ecs:UpdateService", outcome="denied", events=9)]
    found = replayed(iam, acts, inline("own"))
    assert fates(found) == [
        ("ecs:UpdateService", "would have failed"),
        ("ecs:DescribeServices", "another path still allows it"),
    ]
    assert [one.by for one in found.judged] == [("inline policy own",), ("group team, inline policy read",)]
    assert (found.calls, found.accounts) == (4, {NINA})


def test_what_it_did_not_allow_is_no_matter(iam):
    assert fates(replayed(iam, [act("ecs:DescribeServices", DB)], inline("own"))) == []


def test_that_it_succeeded_tells_that_the_condition_was_met(iam):
    logs = act("logs:FilterLogEvents", f"arn:aws:logs:eu-central-1:{AWS}:log-group:/x")
    assert fates(replayed(iam, [logs], iam.grants[1].handle, inline("read", "team", "group"))) == [
        ("logs:FilterLogEvents", "would have failed")
    ]
    assert fates(replayed(iam, [logs], inline("own"))) == []


def test_what_is_left_under_a_condition_is_not_known(iam):
    iam.user("olga", inline={"own": [allow("logs:*")], "too": [allow("logs:*", Condition=MFA)]})
    olga = NINA.replace("nina", "olga")
    for grant, name in zip(iam.grants[-2:], ("own", "too"), strict=True):
        iam.grants[iam.grants.index(grant)] = Grant(
            **PLACE, principal=olga, role=name, resource=AWS, provider="aws", handle=inline(name, "olga")
        )
    (one,) = replayed(iam, [act("logs:StartQuery", None, account=olga)], inline("own", "olga")).judged
    assert (one.fate, one.by, one.why) == (
        Fate.UNKNOWN,
        ("inline policy too",),
        "it hangs on with a second factor",
    )


def test_what_the_rights_of_today_do_not_explain_is_not_known(iam):
    (one,) = replayed(iam, [act("s3:GetObject", "arn:aws:s3:::a/b")], inline("own")).judged
    assert (one.fate, one.why) == (Fate.UNKNOWN, "no right of today explains why this was allowed")


def test_a_key_that_is_gone_takes_what_was_done_with_it_alone(iam):
    acts = [act(credential="AKIA1"), act(credential="AKIA2", events=2), act(credential=None, events=4)]
    (one,) = replayed(iam, acts, iam.credentials[0].handle).judged
    assert (one.act.credential, one.fate) == ("AKIA1", Fate.FAILED)


def test_what_was_done_with_it_would_have_failed_whatever_allowed_it_then(iam):
    (one,) = replayed(
        iam, [act("s3:GetObject", "arn:aws:s3:::a/b", credential="AKIA1")], iam.credentials[0].handle
    ).judged
    assert (one.fate, one.by) == (Fate.FAILED, ("access key AKIA1",))


def test_sessions_that_would_not_have_been_opened_are_counted_with_what_they_opened(iam):
    assume = {"category": "login", "level": "read"}
    acts = [
        act("sts:AssumeRole", OPERATOR, **assume),
        act(account=OPERATOR, opener=NINA, events=5),
        act(account=OPERATOR, opener="arn:aws:iam::1:user/somebody-else", events=100),
        act("sts:AssumeRole", SECOND, account=OPERATOR, opener=NINA, **assume),
        act("s3:PutObject", "arn:aws:s3:::a/b", account=SECOND, opener=OPERATOR, events=7),
        # A ring: the second role goes back to the first.
        act("sts:AssumeRole", OPERATOR, account=SECOND, opener=OPERATOR, **assume),
        act(account=OPERATOR, opener=SECOND, events=3),
    ]
    trust = next(grant.handle for grant in iam.grants if grant.role == OPERATOR)
    found = replayed(iam, acts, trust)
    # Named in the trust, she needs no right of her own; what the role itself did is not judged by who becomes it.
    assert Counter(fates(found)) == {("sts:AssumeRole", "would have failed"): 1, ("sts:AssumeRole", "not known"): 1}
    assert found.judged[0].led_to == 5 + 1 + 7 + 1 + 3
    assert found.judged[1].act.account == SECOND


def test_a_right_that_is_in_no_row_is_told_apart(iam):
    found = replayed(iam, [act()], inline("gone"), inline("own"))
    assert [one["policy"] for one in found.not_found] == ["gone"]
    assert [one["policy"] for one in found.handles] == ["own"]
    assert fates(found) == [("ecs:UpdateService", "would have failed")]


def test_of_a_provider_that_nobody_describes_nothing_is_called_safe():
    handle = json.dumps({"provider": "quux", "type": "right"})
    grant = Grant(**PLACE, principal="quux:nina", role="all", resource="q", provider="quux", handle=handle)
    rows = Snapshots(grants=[grant])
    acts = [used(provider="quux", account="quux:nina", action="quux:do")]
    (one,) = removal(CONFIG, rows, [json.loads(handle)], lambda _: acts, AT).judged
    assert one.fate is Fate.UNKNOWN


def test_without_an_assignment_nothing_that_was_done_as_its_role_would_have_been(iam):
    ada, bo = "identity-center:ada", "identity-center:bo"
    role = iam.role(
        "AWSReservedSSO_Deploy_0a1b2c3d", trust={"Service": "sso.amazonaws.com"}, inline={"a": [allow("*")]}
    )
    permission_set = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
    known = {"policy": permission_set, "kind": "role-definition", "attached_to": permission_set}
    iam.policies.append(Policy(**PLACE, **known, name="Deploy", document="{}"))
    handles = []
    for one in (ada, bo):
        iam.accounts.append(Account(**PLACE, account=one, provider="aws", scope="d-1", kind="person"))
        handles.append(write_handle("aws", "identity-center-assignment", AWS, principal=one))
        right = {"principal": one, "role": permission_set, "resource": AWS, "provider": "aws", "handle": handles[-1]}
        iam.grants.append(Grant(**PLACE, **right))
    acts = [act(account=role, opener=who, events=count) for who, count in ((ada, 3), (bo, 5), (None, 2))]
    found = replayed(iam, acts, handles[0])
    assert [(one.act.opener, one.fate.value) for one in found.judged] == [
        (ada, "would have failed"),
        (None, "not known"),
    ]
    assert found.calls == 3 + 2
