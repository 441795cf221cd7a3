"""AWS as the auditor asks it."""

from datetime import UTC, datetime

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.findings import CoverageLine
from auditor.model.tables import Account, Grant
from auditor.model.through import ThroughKind
from auditor.model.vocabulary import CoverageStatus
from auditor.providers.aws.provider import Aws
from tests.cases import AWS, config, event

PLACE = {"source": "sso", "collected_at": datetime(2026, 3, 1, tzinfo=UTC), "origin": "users.json", "provider": "aws"}


def test_an_identity_store_is_no_account_of_which_a_log_is_due():
    user = Account(**PLACE, account="identity-center:u-1", scope="d-9067639464", kind="person")
    key = Account(**PLACE, account="arn:aws:iam::111122223333:user/bea", scope="111122223333", kind="person")
    assert Aws("aws").places_to_log([user, key], []) == {"111122223333": key}


EARLY, LATE = (datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2))
CENTER = "identity-center:"


def account(name, scope, at=EARLY, provider="aws"):
    return Account(
        source="iam", collected_at=at, origin="-", provider=provider, account=name, scope=scope, kind="person"
    )


def assigned(principal, resource, at=EARLY, provider="aws"):
    return Grant(
        source="sso", collected_at=at, origin="-", provider=provider, principal=principal, role="r", resource=resource
    )


AWS_ROWS = Snapshots(
    accounts=[
        account("arn:aws:iam::1:user/nina", "1", LATE),
        account("arn:aws:iam::1:user/mia", "1", EARLY),
        account("user:x", "shop", provider="gcp"),
        account(f"{CENTER}u-1", "d-1", LATE),
    ],
    grants=[assigned(f"{CENTER}u-1", "2", EARLY), assigned("user:x", "shop", provider="gcp")],
)


def test_of_which_accounts_the_rights_were_read_and_when_the_earliest():
    assert Aws("aws").read_at(AWS_ROWS) == {"1": EARLY, CENTER: EARLY}
    assert Aws("aws").scopes_read(AWS_ROWS) == {"1", "d-1"}


def test_what_identity_center_gives_is_changed_there_and_the_rest_in_its_account():
    assert Aws("aws").changed_in(event(action="sso:CreateAccountAssignment")) == CENTER
    assert Aws("aws").changed_in(event(action="identitystore:CreateGroupMembership")) == CENTER
    assert Aws("aws").changed_in(event(action="iam:AttachUserPolicy", scope="1")) == "1"


def test_every_arn_of_an_account_is_named_by_its_number():
    assert Aws("aws").everybody_of(AWS) == f"arn:aws*:*::{AWS}:*"
    assert Aws("aws").everybody_of("d-9067639464") is None


def test_a_trail_s_account_is_due_digests_and_nothing_else_is():
    trail = {"name": "trail", "kind": "aws-cloudtrail", "bucket": "b"}
    iam = {"name": "iam", "kind": "aws-iam", "account": AWS}
    told = [
        CoverageLine(source=source, scope=scope, from_=None, to=None, status=CoverageStatus.OK, reason="")
        for source, scope in (("trail", AWS), ("trail", "bucket b"), ("iam", "2" * 12))
    ]
    assert Aws("aws").due_digests(config(sources=[trail, iam]), told) == {AWS}


ORGANISATION = {"name": "org", "kind": "aws-organizations"}
RESOURCES = {"name": "resources", "kind": "aws-resource-policies", "account": AWS}


@pytest.mark.parametrize(
    ("more", "scopes"),
    [
        ([], ["service control policies", "policies on resources"]),
        ([ORGANISATION], ["policies on resources"]),
        ([RESOURCES], ["service control policies"]),
        ([ORGANISATION, RESOURCES], []),
    ],
)
def test_what_bears_on_rights_and_nothing_reads_is_said(more, scopes):
    iam = [{"name": name, "kind": "aws-iam", "account": AWS} for name in ("first", "second")]
    told = list(Aws("aws").unread(config(sources=[*iam, *more])))
    assert [(one.source, one.scope) for one in told] == [("first", scope) for scope in scopes]
    assert all(one.reason and one.status is CoverageStatus.OK for one in told)
    assert not list(Aws("aws").unread(config(sources=more)))


@pytest.mark.parametrize(
    ("host", "kind", "name"),
    [
        ("ecs.amazonaws.com", ThroughKind.SERVICE, "ecs"),
        (None, None, None),
    ],
)
def test_a_service_goes_by_its_name_without_its_host(host, kind, name):
    found = Aws("aws").through(host)
    assert (found and found.kind, found and found.name) == (kind, name)
