"""What may have been done with AWS rights although no log shows it."""

import json
from datetime import timedelta

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.handles import write_handle
from auditor.model.tables import Account, Credential, Grant, Policy, ServiceUse, Trail
from auditor.providers.registry import provider
from tests.providers.conftest import AT, PLACE, Iam

A = "111122223333"
BEA = f"arn:aws:iam::{A}:user/bea"
FROM = AT - timedelta(days=90)
READ = {"Effect": "Allow", "Action": ["s3:GetObject", "ecs:*"], "Resource": "*"}
ALL = {"management": ("read", "write"), "multi_region": True, "global_events": True, "logging": True}


@pytest.fixture
def unseen():
    """What may have been done with bea's only policy, by what trails record and what AWS counted."""

    def of(*trails, uses=(), keys=(), statement=READ):
        iam = Iam(A)
        iam.user("bea", inline={"own": [statement]})
        handle = write_handle("aws", "inline-user-policy", A, user="bea", policy="own")
        iam.grants = [Grant(**PLACE, principal=BEA, role="own", resource=A, provider="aws", handle=handle)]
        rows = Snapshots(
            accounts=iam.accounts,
            policies=iam.policies,
            grants=iam.grants,
            credentials=keys,
            service_uses=[
                ServiceUse(
                    **PLACE, account=BEA, provider="aws", scope=A, service=name, last_used_at=last, watched_since=since
                )
                for name, last, since in uses
            ],
            trails=[Trail(**PLACE, trail=f"t{n}", account=A, name=f"t{n}", **one) for n, one in enumerate(trails)],
        )
        taken = json.loads(keys[0].handle if keys else handle)
        return list(provider("aws").unseen(rows, provider("aws").without(rows, [taken]), FROM, AT))

    return of


def test_data_events_that_no_trail_records_are_told_and_no_more(unseen):
    (one,) = unseen(ALL)
    assert (one.account, one.what) == (BEA, "s3:GetObject*")
    assert one.why == f"AWS account {A} does not record these reads and writes of data (data events)"
    assert unseen({**ALL, "data": ("AWS::S3::Object",)}) == []
    assert unseen(ALL, statement={**READ, "Action": "ecs:*"}) == []


def test_what_the_trails_record_counts_as_unknown_where_it_was_not_read(unseen):
    assert [one.why for one in unseen()] == [f"Whether AWS account {A} records reads and writes of data was not read"]


def test_calls_of_the_control_plane_that_are_not_recorded_are_told_by_service(unseen):
    found = unseen({**ALL, "management": ("write",), "data": ("AWS::S3::Object",)})
    assert {one.why for one in found} == {f"AWS account {A} does not record calls that only read"}
    assert len(found) == 2


@pytest.mark.parametrize(
    ("last", "since", "told"),
    [
        (None, FROM, 0),
        (FROM - timedelta(days=1), FROM, 0),
        (FROM + timedelta(days=1), FROM, 1),
        # AWS does not look back far enough to say.
        (None, FROM + timedelta(days=1), 1),
    ],
)
def test_a_service_that_aws_has_not_seen_used_was_not_used(unseen, last, since, told):
    found = unseen(ALL, uses=[("s3", last, since)])
    assert [one.last_used_at for one in found] == [last] * told


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({"never_used": True}, 0),
        ({"last_used_at": FROM - timedelta(days=1)}, 0),
        ({"last_used_at": FROM + timedelta(days=1)}, 1),
        ({}, 1),
    ],
)
def test_neither_was_what_a_key_opens_that_was_not_used(unseen, known, told):
    handle = write_handle("aws", "access-key", A, user="bea", key="AKIA1")
    key = {"credential": "AKIA1", "kind": "access-key", "account": BEA, "provider": "aws", "handle": handle}
    assert len(unseen(ALL, keys=[Credential(**PLACE, **key, **known)])) == told


def test_roles_of_accounts_that_were_not_read_are_told():
    ada, role = "identity-center:ada", "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
    handle = write_handle("aws", "identity-center-assignment", A, principal="ada")
    of = {"policy": role, "kind": "role-definition", "attached_to": role, "name": "Deploy", "document": "{}"}
    rows = Snapshots(
        accounts=[Account(**PLACE, account=ada, provider="aws", scope="d-1", kind="person")],
        grants=[Grant(**PLACE, principal=ada, role=role, resource=A, provider="aws", handle=handle)],
        policies=[Policy(**PLACE, **of)],
    )
    after = provider("aws").without(rows, [json.loads(handle)])
    (one,) = provider("aws").unseen(rows, after, FROM, AT)
    assert (one.account, one.why) == (ada, f"The roles of AWS account {A} were not read")
