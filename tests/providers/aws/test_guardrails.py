"""What an organisation lets its accounts do: every level from the root to the account must allow it."""

import json

import pytest

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Policy
from auditor.providers.aws.rights import aws_access
from auditor.providers.aws.unguarded import UNLESS
from auditor.providers.registry import PROVIDERS
from tests.providers.conftest import AT, PLACE, Iam, document, identify

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DEPLOY = {"Effect": "Allow", "Action": "ecs:*", "Resource": "arn:aws:ecs:*:111122223333:service/shop/*"}
NO_ECS = {"Effect": "Deny", "Action": "ecs:*", "Resource": "*"}
READ_ONLY = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
MANAGING = "444455556666"


@pytest.fixture
def organisation(iam):
    """Puts policies over the account: each under the level that it is attached to."""

    def put(managing=False, **levels):
        place = {"organisation": "o-1", "ancestors": [] if managing else ["unit", "root"], "managing": managing}
        row = {**PLACE, "policy": iam.number, "attached_to": iam.number}
        iam.policies.append(Policy(**row, kind="ancestry", name="o-1", document=json.dumps(place)))
        for level, statements in levels.items():
            where = iam.number if level == "account" else level
            row = {**PLACE, "policy": f"p-{level}", "attached_to": where}
            iam.policies.append(Policy(**row, kind="service-control", name=level, document=document(*statements)))

    return put


@pytest.mark.parametrize(
    ("levels", "left"),
    [
        ({"account": [EVERYTHING], "unit": [EVERYTHING], "root": [EVERYTHING]}, True),
        ({"account": [EVERYTHING], "unit": [EVERYTHING, NO_ECS], "root": [EVERYTHING]}, False),
        ({"account": [EVERYTHING], "unit": [EVERYTHING], "root": [EVERYTHING, NO_ECS]}, False),
        ({"account": [EVERYTHING], "unit": [READ_ONLY], "root": [EVERYTHING]}, False),
        ({"account": [READ_ONLY], "unit": [EVERYTHING], "root": [EVERYTHING]}, False),
        ({"elsewhere": [NO_ECS]}, True),
        ({"managing": True, "root": [EVERYTHING, NO_ECS]}, True),
    ],
)
def test_every_level_must_allow(iam, resolve, organisation, levels, left):
    organisation(**levels)
    iam.user("bea", inline={"release": [DEPLOY]})
    assert bool(resolve(iam).access) is left


def test_a_guardrail_may_spare_somebody(iam, resolve, organisation):
    spared = {**NO_ECS, "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/bea"}}}
    organisation(root=[EVERYTHING, spared])
    for name in ("bea", "cyd"):
        iam.user(name, inline={"release": [DEPLOY]})
    assert {access.person for access in resolve(iam).access} == {"bea"}


@pytest.mark.parametrize(("wanted", "left"), [("o-1", True), ("o-2", False)])
def test_the_callers_organisation_is_known(iam, resolve, organisation, wanted, left):
    organisation()
    iam.user("bea", inline={"release": [{**DEPLOY, "Condition": {"StringEquals": {"aws:PrincipalOrgID": wanted}}}]})
    assert [access.conditions for access in resolve(iam).access] == ([()] if left else [])


@pytest.mark.parametrize(("owner", "left"), [("o-1", [()]), ("o-2", []), (["o-1", "o-2"], [()])])
def test_whose_the_things_of_the_callers_account_are_is_known(iam, resolve, organisation, owner, left):
    perimeter = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    organisation(root=[EVERYTHING, {**perimeter, "Condition": {"StringNotEquals": {"aws:ResourceOrgID": owner}}}])
    become = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    iam.role("operator", trust=[{"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}], inline={"release": [DEPLOY]})
    iam.user("bea", inline={"become": [become]})
    assert [access.conditions for access in resolve(iam).access] == left


@pytest.mark.parametrize(("unit", "told"), [("o-1/r-1/ou-2/*", True), ("o-2/r-1/*", False)])
def test_whose_unit_it_is_stays_open_in_the_callers_organisation_alone(iam, resolve, organisation, unit, told):
    organisation()
    paths = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": unit}}
    iam.user("bea", inline={"release": [{**DEPLOY, "Condition": paths}]})
    words = f"only when aws:PrincipalOrgPaths is {unit} (stringlike)"
    assert [access.conditions for access in resolve(iam).access] == ([(words,)] if told else [])


def test_where_nothing_reads_the_guardrails_coverage_says_so_once(config):
    iam = {"kind": "aws-iam", "file": "dump.json"}
    both = [{**iam, "name": "one", "account": "111122223333"}, {**iam, "name": "two", "account": MANAGING}]
    said = list(PROVIDERS["aws"].unread(type(config).model_validate({"organisation": "Quay", "sources": both})))
    assert [(line.source, line.scope) for line in said] == [
        ("one", "service control policies"),
        ("one", "policies on resources"),
    ]
    read = [*both, {"name": "org", "kind": "aws-organizations", "file": "org.jsonl"}]
    (line,) = PROVIDERS["aws"].unread(type(config).model_validate({"organisation": "Quay", "sources": read}))
    assert line.scope == "policies on resources"


@pytest.mark.parametrize(
    ("wanted", "let_in"),
    [
        ({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, True),
    ],
)
def test_a_resource_control_keeps_strangers_out_of_roles(iam, resolve, organisation, wanted, let_in):
    organisation()
    fence = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*", "Condition": wanted}
    row = {**PLACE, "policy": "p-own", "attached_to": "root"}
    everything = {**EVERYTHING, "Principal": "*"}
    iam.policies.append(Policy(**row, kind="resource-control", name="own", document=document(everything, fence)))
    bea = iam.user("bea")
    iam.role("operator", trust=[{"Principal": {"AWS": bea}}, {"Principal": {"AWS": MANAGING}}], inline={"r": [DEPLOY]})
    rights = resolve(iam)
    assert {access.person for access in rights.access} == {"bea"}
    assert bool(rights.foreign_trusts) is let_in


def test_a_resource_control_keeps_callers_of_another_account_out_that_is_read_too(iam, resolve, organisation):
    other = Iam(MANAGING)
    bea = other.user("bea", inline={"become": [{**EVERYTHING, "Action": "sts:AssumeRole"}]})
    iam.role("operator", trust=[{"Principal": {"AWS": bea}}], inline={"r": [DEPLOY]})
    assert {access.person for access in resolve(iam, other).access} == {"bea"}
    organisation()
    row = {**PLACE, "policy": "p-own", "attached_to": "root"}
    everything = {**EVERYTHING, "Principal": "*"}
    fence = {**everything, "Effect": "Deny", "Action": "sts:*"}
    for statements, left in (([everything], {"bea"}), ([everything, fence], set())):
        own = Policy(**row, kind="resource-control", name="own", document=document(*statements))
        assert {access.person for access in resolve(iam, other, Iam(policies=[own])).access} == left


def test_a_resource_control_over_the_callers_account_says_nothing_of_roles_elsewhere(iam, other_iam, resolve):
    everywhere = [{**EVERYTHING, "Action": "sts:AssumeRole"}]
    bea = other_iam.user("bea", inline={"become": everywhere})
    iam.role("operator", trust=[{"Principal": {"AWS": bea}}], inline={"r": [DEPLOY]})
    fence = document({**EVERYTHING, "Effect": "Deny", "Principal": "*", "Action": "sts:*"})
    place = {**PLACE, "policy": MANAGING, "attached_to": MANAGING, "kind": "ancestry", "name": "o-1"}
    for kind, left in (("resource-control", {"bea"}), ("service-control", set())):
        row = {**PLACE, "policy": "p-own", "attached_to": MANAGING, "kind": kind, "name": "own"}
        full = Policy(**{**row, "policy": "p-all"}, document=document({**EVERYTHING, "Principal": "*"}))
        ancestry = Policy(**place, document=json.dumps({"organisation": "o-1", "ancestors": [], "managing": False}))
        over = Iam(MANAGING, policies=[ancestry, full, Policy(**row, document=fence)])
        assert {access.person for access in resolve(iam, other_iam, over).access} == left


@pytest.mark.parametrize(
    ("condition", "trusted"),
    [
        ({}, ["*"]),
        ({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}, []),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/b*"}}, []),
        ({"StringEquals": {"aws:PrincipalAccount": [MANAGING]}}, [MANAGING]),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, []),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-2"}}, ["*"]),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-2"}}, ["*"]),
    ],
)
def test_trust_in_anybody_means_whom_its_conditions_leave(iam, resolve, organisation, condition, trusted):
    organisation()
    iam.role("operator", trust=[{"Principal": "*", "Condition": condition}], inline={"release": [DEPLOY]})
    assert [trust.principal for trust in resolve(iam).foreign_trusts] == trusted


def test_a_resource_control_keeps_strangers_from_buckets(iam, resolve, organisation):
    organisation()
    fence = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    inside = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}
    row = {**PLACE, "policy": "p-own", "attached_to": "root"}
    text = document({**fence, "Condition": inside})
    iam.policies.append(Policy(**row, kind="resource-control", name="own", document=text))
    bucket = "arn:aws:s3:::shop-orders"
    given = {"Effect": "Allow", "Principal": {"AWS": MANAGING}, "Action": "s3:PutObject", "Resource": f"{bucket}/*"}
    row = {**PLACE, "policy": f"{iam.number}#{bucket}#policy", "attached_to": bucket}
    iam.policies.append(Policy(**row, kind="resource", name="policy", document=document(given)))
    assert not resolve(iam).foreign_trusts


@pytest.mark.parametrize("denied", [MANAGING, f"arn:aws:iam::{MANAGING}:root", "*"])
def test_a_trust_policy_may_refuse_whom_it_names(iam, resolve, denied):
    trust = [{"Principal": {"AWS": MANAGING}}, {"Effect": "Deny", "Principal": {"AWS": denied}}]
    iam.role("operator", trust=trust, inline={"release": [DEPLOY]})
    assert not resolve(iam).foreign_trusts


SOURCES = [{"name": "guardrails", "kind": "aws-organizations"}]


@pytest.mark.parametrize(
    ("sources", "place", "told"),
    [
        ([], None, ()),
        (SOURCES, None, (UNLESS,)),
        (SOURCES, {}, ()),
        (SOURCES, {"unread": True}, (UNLESS,)),
    ],
)
def test_what_was_to_be_read_of_the_organisation_and_was_not_may_deny_it(iam, sources, place, told):
    iam.user("bea", inline={"release": [DEPLOY]})
    if place is not None:
        row = {**PLACE, "policy": iam.number, "attached_to": iam.number}
        document = {"organisation": "o-1", "ancestors": [], "managing": False, **place}
        iam.policies.append(Policy(**row, kind="ancestry", name="o-1", document=json.dumps(document)))
    config = Config.model_validate(
        {
            "organisation": "Quay",
            "systems": [
                {
                    "id": "shop",
                    "name": "Shop",
                    "resources": [{"provider": "aws", "account": iam.number, "match": ["*shop*"]}],
                }
            ],
            "sources": sources,
        }
    )
    rows = Snapshots(accounts=iam.accounts, policies=iam.policies, grants=iam.grants)
    (access,) = aws_access(config, rows, identify, AT).access
    assert access.conditions == told
