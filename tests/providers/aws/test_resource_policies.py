"""Policies that resources carry themselves: what they give by name, to other accounts and to anybody."""

import json

import pytest

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Policy
from auditor.model.vocabulary import EVERYTHING
from auditor.model.vocabulary import Capability as Cap
from auditor.providers.aws.rights import aws_access
from tests.providers.conftest import AT, PLACE, document, identify

BUCKET = "arn:aws:s3:::shop-orders"
OTHER = "444455556666"
BEA = "arn:aws:iam::111122223333:user/bea"
EVERYBODY_READS = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}


@pytest.fixture
def on(iam):
    """Puts a policy on a resource."""

    def put(*statements, arn=BUCKET, name="policy", kind="resource"):
        text = document(*statements) if kind == "resource" else json.dumps(statements[0])
        row = {**PLACE, "policy": f"{iam.number}#{arn}#{name}", "attached_to": arn}
        iam.policies.append(Policy(**row, kind=kind, name=name, document=text))

    return put


def by(principal, *actions, effect="Allow", resource="*", **condition):
    asked = {"Condition": condition} if condition else {}
    return {"Effect": effect, "Principal": principal, "Action": list(actions), "Resource": resource, **asked}


def test_a_user_whom_a_bucket_names_has_what_it_gives(iam, resolve, on):
    bea, _ = iam.user("bea"), iam.user("cyd")
    on(by({"AWS": bea}, "s3:PutObject", resource=f"{BUCKET}/*"))
    (access,) = resolve(iam).access
    assert (access.person, access.system, access.capabilities) == ("bea", "shop", {Cap.WRITE_DATABASE})
    assert access.path == ("user bea", "policy of shop-orders")


def test_a_role_whom_a_queue_names_is_a_way_for_whoever_becomes_it(iam, resolve, on):
    bea = iam.user("bea")
    role = iam.role("worker", trust={"AWS": bea})
    on(by({"AWS": role}, "sqs:*"), arn="arn:aws:sqs:eu-west-1:111122223333:shop-orders")
    (access,) = resolve(iam).access
    assert access.path == ("user bea", "assumes role worker", "policy of shop-orders")


def test_ones_own_denials_count_there_too(iam, resolve, on):
    bea = iam.user("bea", inline={"no": [{"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}]})
    on(by({"AWS": bea}, "s3:PutObject", resource=f"{BUCKET}/*"))
    assert not resolve(iam).access


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        (by({"AWS": "111122223333"}, "s3:*", effect="Deny"), False),
        (by("*", "s3:*", effect="Deny", ArnNotLike={"aws:PrincipalArn": "arn:aws:iam::*:user/cyd"}), False),
        (by("*", "s3:*", effect="Deny", ArnNotLike={"aws:PrincipalArn": "arn:aws:iam::*:user/bea"}), True),
        (by("*", "s3:*", effect="Deny", Bool={"aws:SecureTransport": "false"}), True),
        (by({"AWS": OTHER}, "s3:*", effect="Deny"), True),
    ],
)
def test_what_a_resource_refuses_by_itself_counts_against_iams_policies(iam, resolve, on, statement, left):
    allowed = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{BUCKET}/orders"}
    iam.user("bea", inline={"put": [allowed]})
    on(statement)
    assert [access.conditions for access in resolve(iam).access] == ([()] if left else [])


@pytest.mark.parametrize(
    ("principal", "condition", "holders"),
    [
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/b*"}}, ["bea"]),
        ("*", {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}, ["bea", "cyd"]),
        # What anybody has is told once, of anybody.
        ("*", {}, [None]),
    ],
)
def test_anybody_who_has_to_be_of_the_account_is_its_people(iam, resolve, on, principal, condition, holders):
    for name in ("bea", "cyd"):
        iam.user(name)
    on(by(principal, "s3:PutObject", resource=f"{BUCKET}/*", **condition))
    assert [access.person for access in resolve(iam).access] == holders


def test_a_boundary_does_not_hold_back_what_a_resource_gives_a_user_by_name(iam, resolve, on):
    fence = document({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})
    bea, worker = iam.user("bea", boundary=fence), iam.role("ci-worker", trust={"Service": "x"}, boundary=fence)
    on(by({"AWS": [bea, worker]}, "s3:PutObject", resource=f"{BUCKET}/*"))
    assert [access.account for access in resolve(iam).access] == [bea]


READS = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
ROOT_OF_OTHER = {"AWS": f"arn:aws:iam::{OTHER}:root"}
PUT = {"resource": f"{BUCKET}/*"}


@pytest.mark.parametrize(
    ("statements", "inline", "boundary", "held"),
    [
        ([by(ROOT_OF_OTHER, "s3:PutObject", **PUT)], {"own": [READS]}, None, True),
        ([by({"AWS": f"arn:aws:iam::{OTHER}:user/bea"}, "s3:PutObject", **PUT)], {"own": [READS]}, None, True),
        # The other account has to allow it as well, within what limits its own.
        ([by(ROOT_OF_OTHER, "s3:PutObject", **PUT)], {}, None, False),
        ([by({"AWS": f"arn:aws:iam::{OTHER}:user/bea"}, "s3:PutObject", **PUT)], {}, None, False),
        ([by(ROOT_OF_OTHER, "s3:PutObject", **PUT)], {"own": [{**READS, "Action": "s3:Get*"}]}, None, False),
        ([by(ROOT_OF_OTHER, "s3:PutObject", **PUT)], {"own": [READS]}, [{**READS, "Action": "ec2:*"}], False),
        ([by({"AWS": "arn:aws:iam::444455556666:user/cyd"}, "s3:PutObject", **PUT)], {"own": [READS]}, None, False),
        (
            [by(ROOT_OF_OTHER, "s3:PutObject", **PUT), by(ROOT_OF_OTHER, "s3:*", effect="Deny", **PUT)],
            {"own": [READS]},
            None,
            False,
        ),
    ],
)
def test_a_resource_gives_another_account_that_is_read_what_its_own_policies_give(
    iam, other_iam, resolve, on, statements, inline, boundary, held
):
    other_iam.user("bea", inline=inline, boundary=boundary and document(*boundary))
    iam.user("dan")
    on(*statements)
    rights = resolve(iam, other_iam)
    told = [(one.person, one.scope, one.system, one.path) for one in rights.access]
    assert told == ([("bea", iam.number, "shop", ("user bea", "inline policy own", "policy of shop-orders"))] * held)
    assert rights.foreign_trusts == ()


def test_a_resource_control_of_the_resources_account_counts_against_those_of_another(iam, other_iam, resolve, on):
    other_iam.user("bea", inline={"own": [READS]})
    on(by(ROOT_OF_OTHER, "s3:PutObject", **PUT))
    place = {"organisation": "o-1", "ancestors": ["root"], "managing": False}
    control = {**PLACE, "policy": "p-own", "kind": "resource-control", "name": "own"}
    fence = document({"Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": "*"})
    for number, left in ((iam.number, 0), (OTHER, 1)):
        row = {**PLACE, "policy": number, "attached_to": number, "kind": "ancestry", "name": "o-1"}
        org = [
            Policy(**row, document=json.dumps(place)),
            Policy(**control, attached_to="root", document=fence),
        ]
        assert len(resolve(iam, other_iam, type(iam)(policies=org)).access) == left


def test_what_is_on_nobodys_resource_is_nothing(iam, resolve, on):
    bea = iam.user("bea")
    arn = "arn:aws:s3:::blog-pictures"
    on(by({"AWS": [bea, OTHER]}, "s3:*", resource=f"{arn}/*"), arn=arn)
    rights = resolve(iam)
    assert (rights.access, rights.foreign_trusts) == ((), ())


@pytest.mark.parametrize(
    ("statements", "trusted"),
    [
        ([EVERYBODY_READS], ["*"]),
        ([by({"AWS": f"arn:aws:iam::{OTHER}:root"}, "s3:PutObject")], [f"arn:aws:iam::{OTHER}:root"]),
        ([by({"AWS": OTHER}, "s3:ListBucket")], []),
        ([by({"AWS": "111122223333"}, "s3:*")], []),
        ([by({"Service": "cloudfront.amazonaws.com"}, "s3:GetObject")], []),
        ([by("*", "s3:PutObject", StringEquals={"aws:PrincipalAccount": OTHER})], [OTHER]),
        ([by("*", "s3:PutObject", StringEquals={"aws:SourceVpce": "vpce-1"})], []),
        ([by("*", "s3:PutObject", StringEqualsIfExists={"aws:SourceVpce": "vpce-1"})], ["*"]),
        ([by({"AWS": OTHER}, "s3:PutObject", StringEquals={"aws:SourceVpce": "vpce-1"})], [OTHER]),
        ([by("*", "s3:PutObject", ArnLike={"aws:PrincipalArn": ["arn:aws:iam::*:role/x", BEA]})], ["*"]),
        ([by({"AWS": OTHER}, "s3:*"), by({"AWS": OTHER}, "s3:*", effect="Deny")], []),
        ([by("*", "s3:PutObject", ArnLike={"aws:SourceArn": "arn:aws:sns:*:*:x"})], []),
        ([EVERYBODY_READS, by("*", "s3:*", effect="Deny")], []),
        ([EVERYBODY_READS, by({"AWS": OTHER}, "s3:*", effect="Deny")], ["*"]),
    ],
)
def test_whom_of_elsewhere_a_bucket_lets_in(iam, resolve, on, statements, trusted):
    on(*statements)
    assert [trust.principal for trust in resolve(iam).foreign_trusts] == trusted


def test_balancers_may_write_their_logs_and_whose_a_distribution_is_no_policy_tells(iam, resolve, on):
    origin = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2AB"
    on(
        by({"AWS": "arn:aws:iam::054676820928:root"}, "s3:PutObject"),
        by({"AWS": origin, "CanonicalUser": "79a5"}, "s3:GetObject"),
    )
    assert [(one.principal, one.system, one.nameless) for one in resolve(iam).foreign_trusts] == [
        ("CloudFront Origin Access Identity E2AB", "shop", True),
        ("CanonicalUser:79a5", "shop", True),
    ]


def test_conditions_of_a_stranger_are_told(iam, resolve, on):
    on(
        by("*", "s3:PutObject", IpAddress={"aws:SourceIp": "192.0.2.0/24"}),
        by("*", "s3:*", effect="Deny", Bool={"aws:SecureTransport": "false"}),
    )
    (trust,) = resolve(iam).foreign_trusts
    assert trust.conditions == ("only from 192.0.2.0/24",)


@pytest.mark.parametrize("place", [BUCKET, "111122223333"])
def test_what_blocks_public_access_closes_a_public_bucket_and_nothing_else(iam, resolve, on, place):
    on({"RestrictPublicBuckets": True}, arn=place, name="block", kind="public-access-block")
    on(EVERYBODY_READS, by({"AWS": OTHER}, "s3:PutObject"))
    assert [trust.principal for trust in resolve(iam).foreign_trusts] == [OTHER]


def test_a_key_is_of_the_system_that_its_alias_names(iam, resolve, on):
    arn = "arn:aws:kms:eu-west-1:111122223333:key/1234"
    on(by({"AWS": OTHER}, "kms:CreateGrant"), arn=arn, name="alias/shop-orders")
    (trust,) = resolve(iam).foreign_trusts
    assert (trust.role, {c for a in trust.access for c in a.capabilities}) == (arn, {Cap.MANAGE_SECRETS})


def test_a_declared_vendor_holds_it_like_anybody(iam, config, on):
    on(by({"AWS": f"arn:aws:iam::{OTHER}:root"}, "s3:PutObject"))
    vendor = {"id": "shipper", "account": OTHER, "owner": "mia", "purpose": "ships"}
    people = {"people": [{"id": "mia", "name": "Mia"}], "vendors": [vendor]}
    company = Config.model_validate({**config.model_dump(mode="json"), **people})
    rows = Snapshots(accounts=iam.accounts, policies=iam.policies, grants=iam.grants)
    rights = aws_access(company, rows, identify, AT)
    assert not rights.foreign_trusts
    assert [(one.identity.owner, one.path) for one in rights.access] == [
        ("shipper", ("vendor shipper", "policy of shop-orders"))
    ]


CLUSTER = "arn:aws:eks:eu-west-1:111122223333:cluster/shop"
CHANGES = by({"AWS": BEA}, "eks:MutateViaKubernetesApi")


def test_whoever_an_access_entry_names_can_change_what_runs_in_the_cluster_whatever_iam_says(iam, resolve, on):
    deny = [{"Effect": "Deny", "Action": "*", "Resource": "*"}]
    iam.user("bea", inline={"no": deny}, boundary=document(*deny))
    on(CHANGES, arn=CLUSTER, name="access entry AmazonEKSEditPolicy#bea")
    (access,) = resolve(iam).access
    assert {Cap.DEPLOY, Cap.SHELL, Cap.READ_DATA} <= access.capabilities
    assert access.path == ("user bea", "access entry AmazonEKSEditPolicy of cluster/shop")


def test_aws_auth_names_roles_without_their_path(iam, resolve, on):
    bea = iam.user("bea")
    iam.role("teams/ops", trust={"AWS": bea})
    role = "arn:aws:iam::111122223333:role/ops"
    on(by({"AWS": role}, "eks:MutateViaKubernetesApi"), arn=CLUSTER, name=f"aws-auth system:masters#{role}")
    (access,) = resolve(iam).access
    assert access.path == ("user bea", "assumes role ops", "aws-auth system:masters of cluster/shop")


@pytest.mark.parametrize(
    "arn", ["arn:aws:rds:eu-west-1:111122223333:snapshot:shop", "arn:aws:ec2:eu-west-1::image/shop"]
)
def test_whoever_a_copy_is_shared_with_reads_it(iam, resolve, on, arn):
    iam.user("bea")
    on(by({"AWS": OTHER}, "ebs:GetSnapshotBlock"), arn=arn, name="sharing")
    (trust,) = resolve(iam).foreign_trusts
    assert [one.capabilities for one in trust.access] == [{Cap.READ_DATA}]


KEY = "arn:aws:kms:eu-west-1:111122223333:key/shop"
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
KEEP = {"Effect": "Allow", "Action": "kms:*", "Resource": KEY}


@pytest.mark.parametrize(
    ("statement", "holders"),
    [
        (by(ROOT, "kms:*"), {"bea", "cyd"}),
        (by(ROOT, "kms:ScheduleKeyDeletion"), {"bea", "cyd"}),
        (by(ROOT, "kms:Decrypt"), {"bea"}),
        (by({"AWS": BEA}, "kms:*"), {"bea"}),
    ],
)
def test_iam_gives_rights_on_a_key_only_as_far_as_its_policy_lets_it(iam, resolve, on, statement, holders):
    iam.user("bea")
    iam.user("cyd", inline={"keys": [KEEP]})
    on(by({"AWS": BEA}, "kms:PutKeyPolicy"), statement, arn=KEY)
    assert {access.person for access in resolve(iam).access} == holders


def test_what_a_bucket_refuses_under_conditions_is_no_condition_of_an_administrator_or_of_other_rights(
    iam, resolve, on
):
    iam.user("bea", inline={"all": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    held = {"Effect": "Allow", "Action": ["s3:PutObject", "ecs:UpdateService"], "Resource": "*"}
    iam.user("cyd", inline={"some": [held]})
    on(by("*", "s3:*", effect="Deny", StringNotEquals={"aws:SourceVpce": "vpce-1"}))
    told = {(access.person, access.system, access.capabilities): access.conditions for access in resolve(iam).access}
    assert told["bea", None, EVERYTHING] == ()
    assert told["cyd", "shop", frozenset({Cap.DEPLOY})] == ()
    assert told["cyd", "shop", frozenset({Cap.WRITE_DATABASE})] == (
        "denied when aws:SourceVpce is not vpce-1 (stringnotequals)",
    )
