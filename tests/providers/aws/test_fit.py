"""The policies that fit what was done: they allow every call that they claim to, and little else."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.iam.access_control import IAMPolicy, PermissionResult

from auditor.evidence.snapshots import Snapshots
from auditor.model.vocabulary import ActorClass, Capability
from auditor.providers.aws.fit_policy import LONGEST
from auditor.providers.fitted import Work
from auditor.providers.permitted import Answer
from auditor.providers.registry import provider
from tests.activity.acts import used
from tests.cases import config
from tests.copies import replace
from tests.providers.aws.test_recorded import trail
from tests.providers.conftest import AT, Iam

A = "111122223333"
SAM = f"arn:aws:iam::{A}:user/sam"
CI = f"arn:aws:iam::{A}:role/ci-deploy"
WEB = f"arn:aws:ecs:eu-central-1:{A}:service/prod/checkout-web"
LOGS = f"arn:aws:logs:eu-central-1:{A}:log-group:/ecs/checkout"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
SUPPORT = frozenset({Capability.READ_LOGS})
UNTIL = AT + timedelta(days=7)


def rows(*held, boundary=None):
    iam = Iam()
    iam.user("sam", inline={"held": list(held)}, boundary=boundary)
    iam.role("ci-deploy", trust={"Service": "codebuild.amazonaws.com"}, inline={"all": [ALL]})
    return Snapshots(accounts=iam.accounts, memberships=iam.memberships, policies=iam.policies, grants=iam.grants)


def act(action, resource=None, account=SAM, **columns):
    return used(account=account, action=action, resource=resource, scope=A, **columns)


def fitted(acts, found=None, **work):
    told = {"account": SAM, "acts": acts, "at": AT, "until": UNTIL, "standing": SUPPORT, **work}
    return provider("aws").fitted(config(), found or rows(ALL), Work(**told))


def statements(found):
    return [one for text in found.files.values() for one in json.loads(text)["Statement"]]


def answers(found, acts, at=AT):
    return [one.answer for one in provider("aws").permitted(config(), found.rows, acts, at)]


def test_sam_keeps_reading_logs_and_may_stop_tasks_until_the_end():
    acts = [
        act("logs:FilterLogEvents", LOGS, category="read", level="read"),
        act("ecs:StopTask", f"arn:aws:ecs:eu-central-1:{A}:task/prod/0123456789abcdef0123456789abcdef"),
    ]
    found = fitted(acts)
    assert statements(found) == [
        {"Sid": "ReadLogs1", "Effect": "Allow", "Action": ["logs:FilterLogEvents"], "Resource": [f"{LOGS}:*"]},
        {
            "Sid": "Restart2",
            "Effect": "Allow",
            "Action": ["ecs:StopTask"],
            "Resource": [f"arn:aws:ecs:eu-central-1:{A}:task/prod/*"],
            "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-03-08T12:00:00Z"}},
        },
    ]
    assert (found.keeps, found.ending) == ({Capability.READ_LOGS, Capability.RESTART}, {Capability.RESTART})
    assert Capability.MANAGE_ACCESS in found.drops
    assert (found.rights, found.narrowed, found.added) == (2, 2, ())
    assert found.dropped > 10_000
    assert answers(found, acts) == [Answer.ALLOWED, Answer.ALLOWED]
    assert answers(found, acts, UNTIL) == [Answer.ALLOWED, Answer.DENIED]
    others = [act("ecs:UpdateService", WEB), act("logs:FilterLogEvents", LOGS.replace("checkout", "jobs"))]
    assert answers(found, others) == [Answer.DENIED, Answer.DENIED]


def test_a_robots_rights_stand_and_so_do_those_of_owners():
    deploys = [act("ecs:UpdateService", WEB, CI, actor_class=ActorClass.PIPELINE, person=None)]
    assert "Condition" not in statements(fitted(deploys, account=CI, standing=None))[0]
    own = [act("ecs:UpdateService", WEB, system="checkout")]
    assert "Condition" in statements(fitted(own))[0]
    assert "Condition" not in statements(fitted(own, owned=frozenset({"checkout"})))[0]


def test_what_evidence_cannot_see_is_named():
    found = fitted([act("ecs:RunTask", WEB), act("s3:GetObject", "arn:aws:s3:::shop/a")])
    told = "\n".join(found.unseen)
    assert "iam:PassRole, which ecs:RunTask" in told
    assert "kms:Decrypt" in told
    assert f"what the trails of account {A} record was not read" in told
    assert ("ecs:RunTask", "the log does not name what it was done to") in found.wide


def test_what_is_used_and_not_held_is_said_and_what_limits_it_stays():
    fence = [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]
    acts = [act("ecs:UpdateService", WEB), act("logs:FilterLogEvents", LOGS)]
    found = fitted(acts, rows(*fence, boundary=json.dumps({"Version": "2012-10-17", "Statement": fence})))
    assert (found.added, found.narrowed) == (("ecs:UpdateService",), 1)
    assert answers(found, acts) == [Answer.DENIED, Answer.ALLOWED]


def test_many_things_of_one_kind_stand_as_what_their_names_begin_with():
    objects = [act("s3:PutObject", f"arn:aws:s3:::shop-data/out/2026/{number}.csv") for number in range(12)]
    objects.append(act("s3:PutObject", "arn:aws:s3:::other/x"))
    keys = [act("kms:Decrypt", f"arn:aws:kms:eu-central-1:{A}:key/{number:08x}-0000") for number in range(12)]
    found = {one["Action"][0]: one["Resource"] for one in statements(fitted([*objects, *keys]))}
    assert found["s3:PutObject"] == ["arn:aws:s3:::other/x", "arn:aws:s3:::shop-data/out/2026/*"]
    assert len(found["kms:Decrypt"]) == 12


VOLUME = f"arn:aws:ec2:eu-central-1:{A}:volume"


def test_what_a_call_needs_beside_what_the_log_names_is_all_of_that_kind_where_it_was():
    (one,) = statements(fitted([act("ec2:AttachVolume", f"{VOLUME}/vol-0123456789abcdef0")]))
    assert one["Resource"] == [f"arn:aws:ec2:eu-central-1:{A}:instance/*", f"{VOLUME}/vol-0123456789abcdef0"]
    acts = [
        act("ec2:AttachVolume", place) for place in (f"{VOLUME}/vol-1", f"{VOLUME.replace('central', 'west')}/vol-2")
    ]
    (one,) = statements(fitted(acts))
    assert f"arn:aws:ec2:*:{A}:instance/*" in one["Resource"]


@pytest.mark.parametrize(
    ("names", "patterns"),
    [
        ([f"web/{n}" for n in range(9)], ["web/*"]),
        ([f"web/{n}" for n in range(8)], [f"web/{n}" for n in range(8)]),
        ([f"web-{n}/x" for n in range(9)], ["web-*"]),
        ([*(f"web-a-{n}" for n in range(9)), "job-1"], ["job-1", "web-a-*"]),
        ([*(f"web-{n}" for n in "abcdefghi"), "job-a", "job-b"], ["job-*", "web-*"]),
        ([f"{n}web" for n in "abcdefghi"], [f"{n}web" for n in "abcdefghi"]),
    ],
)
def test_of_many_names_what_those_have_in_common_that_share_their_first_word(names, patterns):
    place = f"arn:aws:ssm:eu-central-1:{A}:parameter/"
    (one,) = statements(fitted([act("ssm:PutParameter", f"{place}{name}") for name in names]))
    assert one["Resource"] == [f"{place}{name}" for name in patterns]


def test_a_key_s_use_is_named_where_the_work_shows_none_of_it():
    told = "kms:Decrypt and kms:GenerateDataKey"
    read = act("s3:GetObject", "arn:aws:s3:::shop/a")
    key = f"arn:aws:kms:eu-central-1:{A}:key/0123abcd-0000"
    assert any(told in one for one in fitted([read]).unseen)
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        assert not any(told in one for one in fitted([read, act(action, key)]).unseen)
    assert not any(told in one for one in fitted([act("ecs:UpdateService", WEB)]).unseen)


def test_the_fitted_policies_stand_in_the_place_of_the_account_s_own_and_its_groups_alone():
    iam = Iam()
    iam.group("deployers", inline={"deploy": [ALL]})
    iam.user("sam", inline={"held": [ALL]}, groups=["deployers"])
    iam.user("mia", inline={"held": [ALL]}, groups=["deployers"])
    iam.memberships.append(replace(iam.memberships[0], group=CI, via="assume"))
    iam.role("ci-deploy", trust={"AWS": SAM}, inline={"all": [ALL]})
    before = Snapshots(accounts=iam.accounts, memberships=iam.memberships, policies=iam.policies, grants=iam.grants)
    after = fitted([act("ecs:UpdateService", WEB)], before).rows
    assert [(one.member, one.via) for one in after.memberships] == [
        (SAM.replace("sam", "mia"), "member"),
        (SAM, "assume"),
    ]
    own = {one.policy for one in after.policies if one.attached_to == SAM}
    assert own == {f"{SAM}#fitted-1"}
    assert {one.policy for one in before.policies} - {one.policy for one in after.policies} == {f"{SAM}#held"}
    assert not [one for one in after.grants if one.principal == SAM]


@pytest.mark.parametrize(
    ("trails", "told"),
    [
        ([trail()], None),
        ([trail(data=())], f"the trails of account {A} do not record reads and writes of data (data events)"),
        ([], f"what the trails of account {A} record was not read: reads and writes of data may be missing"),
        (
            [trail(asked=False)],
            f"what the trails of account {A} record was not read: reads and writes of data may be missing",
        ),
    ],
)
def test_what_the_account_s_trails_leave_out_is_told(trails, told):
    found = fitted([act("ecs:UpdateService", WEB)], replace(rows(ALL), trails=trails))
    assert [one for one in found.unseen if "trails of account" in one] == ([told] if told else [])


@pytest.mark.parametrize(
    ("held", "dropped"),
    [
        ([{"Effect": "Allow", "Action": ["sqs:PurgeQueue", "ecs:UpdateService"], "Resource": "*"}], 1),
        ([{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": WEB}], 0),
        ([{"Effect": "Allow", "Action": ["sqs:PurgeQueue", "ecs:UpdateService"], "Resource": "*"},
            {"Effect": "Deny", "Action": "sqs:PurgeQueue", "Resource": "*"}], 0),
        ([{"Effect": "Allow", "Action": ["sqs:PurgeQueue", "ecs:UpdateService"], "Resource": "*"},
            {"Effect": "Deny", "Action": "sqs:PurgeQueue", "Resource": "arn:aws:sqs:*:*:x"}], 1),
        ([{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "*"},
            {"Effect": "Allow", "Action": "sqs:PurgeQueue", "Resource": "*",
                "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}}], 0),
    ],
)  # fmt: skip
def test_how_many_actions_go_that_were_held(held, dropped):
    assert fitted([act("ecs:UpdateService", WEB)], rows(*held)).dropped == dropped


def test_a_long_policy_is_split_as_aws_takes_it():
    acts = [act("kms:Decrypt", f"arn:aws:kms:eu-central-1:{A}:key/{number:032x}") for number in range(300)]
    found = fitted(acts)
    assert len(found.files) > 2
    assert all(len("".join(text.split())) <= LONGEST for text in found.files.values())
    assert set(answers(found, acts)) == {Answer.ALLOWED}
    assert sum(step.startswith("aws iam create-policy") for step in found.steps) == len(found.files)


@pytest.mark.parametrize("name", ["*", "a/${aws:username}", "?", "a*b"])
def test_a_name_that_would_mean_others_is_left_to_people(name):
    found = fitted([act("s3:GetObject", f"arn:aws:s3:::shop/{name}"), act("s3:GetObject", "arn:aws:s3:::shop/plain")])
    assert statements(found)[0]["Resource"] == ["arn:aws:s3:::shop/plain"]
    assert found.left == (
        (f"s3:GetObject on arn:aws:s3:::shop/{name}", "its name holds signs that mean others in a policy"),
    )
    assert len(found.covered) == 1


@pytest.mark.parametrize("name", ["*", "*\n", "a?b", "a\n${aws:username}"])
@pytest.mark.parametrize(
    ("action", "place"),
    [
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{A}:secret:"),
        ("secretsmanager:BatchGetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{A}:secret:"),
        ("logs:FilterLogEvents", f"arn:aws:logs:eu-west-1:{A}:log-group:"),
        ("s3:ListObjectsV2", "arn:aws:s3:::"),
    ],
)
def test_so_is_one_behind_which_policies_have_more(action, place, name):
    found = fitted([act(action, place + name)])
    assert not found.covered
    assert any(place + name in what for what, _ in found.left)
    assert not any(one.startswith(place) for held in statements(found) for one in held["Resource"])


def test_permission_sets_are_put_where_identity_center_has_them():
    role = f"arn:aws:iam::{A}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0123456789abcdef"
    found = fitted([act("ecs:UpdateService", WEB, role)], account=role)
    assert found.dropped is None
    assert "put-inline-policy-to-permission-set" in found.steps[1]


NAMES = st.text(st.sampled_from("abc/-_. '\"\\$;\n*?{}é`&|<>"), min_size=1, max_size=12)
RESOURCES = st.one_of(
    st.none(),
    NAMES.map("arn:aws:s3:::{}".format),
    NAMES.map("arn:aws:s3:::shop/{}".format),
    NAMES.map((f"arn:aws:ecs:eu-central-1:{A}:service/" + "{}").format),
    NAMES.map((f"arn:aws:secretsmanager:eu-west-1:{A}:secret:" + "{}").format),
    st.just(WEB),
    st.just(f"{WEB} group:family"),
    st.just(LOGS),
    NAMES,
)
ACTIONS = st.sampled_from(
    [
        "ecs:UpdateService",
        "ecs:DescribeServices",
        "ecs:RunTask",
        "s3:GetObject",
        "s3:ListObjectsV2",
        "s3:HeadObject",
        "s3:DeleteObjects",
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "kms:ReEncrypt",
        "ec2:RunInstances",
        "ec2:DescribeInstances",
        "iam:PutUserPolicy",
        "nothing:Known",
        "signin:ConsoleLogin",
        "rds:ModifyDBInstance",
    ]
)


@given(st.lists(st.tuples(ACTIONS, RESOURCES), min_size=1, max_size=14))
@settings(max_examples=120, deadline=None)
def test_the_fitted_policy_allows_every_call_that_it_claims_to(calls):
    acts = [act(action, resource) for action, resource in calls]
    found = fitted(acts, standing=None)
    for text in found.files.values():
        assert json.loads(text)["Version"] == "2012-10-17"
    if found.rows is not None:
        told = answers(found, found.covered)
        assert told == [Answer.ALLOWED] * len(found.covered), list(zip(found.covered, told, strict=True))
        assert Answer.ALLOWED not in answers(found, [act("iam:CreateUser", f"arn:aws:iam::{A}:user/new")])
    else:
        assert not found.covered


PLAIN = ("ecs:UpdateService", WEB), ("logs:GetLogEvents", f"{LOGS}:log-stream:a/b/c"), ("ecs:StopTask", None)


@given(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=3))
@settings(max_examples=20, deadline=None)
def test_another_evaluator_agrees(calls):
    found = fitted([act(*call) for call in calls], standing=None)
    for action, resource in PLAIN:
        policies = [IAMPolicy({"policy_document": text}) for text in found.files.values()]
        thing = resource or f"arn:aws:ecs:eu-central-1:{A}:task/prod/0123456789abcdef"
        said = any(one.is_action_permitted(action, thing) is PermissionResult.PERMITTED for one in policies)
        assert said is ((action, resource) in calls)
