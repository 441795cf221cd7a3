"""What a call takes beside a right: keys and passwords that can still be used, and assignments that stand."""

from datetime import timedelta

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Credential
from auditor.providers.aws.assigned import Assigned
from auditor.providers.aws.principals import Directory
from auditor.providers.aws.reach import Hop
from auditor.providers.aws.ways_in import WaysIn
from auditor.providers.permitted import DENIED, Answer, Permitted, allowed
from tests.activity.acts import used
from tests.cases import AT, row

NINA, MIA = (f"arn:aws:iam::1:user/{name}" for name in ("nina", "mia"))
NOTHING = Permitted(Answer.ALLOWED)


def key(name="AKIA1", account=NINA, kind="access-key", **changes):
    return Credential(**row(credential=name, kind=kind, account=account, provider="aws", enabled=True) | changes)


def ways(*credentials, hops=None):
    rows = Snapshots(credentials=credentials)
    found = WaysIn(rows, Directory.of(rows), AT)
    found.__dict__["assigned"] = Assigned(hops=hops or {})
    return found


UNNAMED = [key(f"access-key:{NINA}:{number}") for number in (1, 2)]
UNTOLD = Permitted(Answer.UNKNOWN, ("an access key",) * 2, "which of its keys it was is not told")


@pytest.mark.parametrize(
    ("rows", "credential", "found"),
    [
        ([key()], "AKIA1", allowed("access key AKIA1")),
        ([key()], "AKIA2", DENIED),
        ([key(account=MIA)], "AKIA1", DENIED),
        ([key(enabled=False)], "AKIA1", DENIED),
        ([key(expires_at=AT - timedelta(days=1))], "AKIA1", DENIED),
        ([key(kind="password")], "AKIA1", DENIED),
        (UNNAMED[:1], "AKIA1", allowed("its access key")),
        (UNNAMED, "AKIA1", UNTOLD),
        ([*UNNAMED, key()], "AKIA1", allowed("access key AKIA1")),
        ([key()], "ASIA1", NOTHING),
        ([key()], None, NOTHING),
        ([], "AKIA1", NOTHING),
    ],
)
def test_a_lasting_key_must_still_open_its_account(rows, credential, found):
    assert ways(*rows).key(NINA, credential) == found


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([key(kind="password")], allowed("the password")),
        ([key(kind="password", enabled=False)], DENIED),
        ([key(kind="password", account=MIA)], DENIED),
        ([key(kind="password", account=MIA), key()], DENIED),
        ([key()], Permitted(Answer.UNKNOWN, (), "whether there is a password was not read")),
    ],
)
def test_whoever_signs_in_must_still_have_a_password(rows, found):
    assert ways(*rows).password(NINA) == found


USER, OTHER = "identity-center:u-1", "identity-center:u-2"


def hop(name, account="1"):
    role = f"arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_{name}"
    return Hop(role=role, ends=None, facts=(), rows=(), steps=(f"set {name}", f"in {account}"))


def asks(resource, action="sso:GetRoleCredentials", account=USER):
    return used(provider="aws", action=action, account=account, resource=resource)


@pytest.mark.parametrize(
    ("act", "found"),
    [
        (asks("Ops"), allowed("set Ops_0a, in 1")),
        (asks("Ops", "sso:Federate"), allowed("set Ops_0a, in 1")),
        (asks("1 Ops"), allowed("set Ops_0a, in 1")),
        (asks("Ops_0a"), allowed("set Ops_0a, in 1")),
        (asks("Admin"), DENIED),
        (asks(None), DENIED),
        (asks("Ops", account=OTHER), DENIED),
        (asks("Both"), Permitted(Answer.UNKNOWN, ("set Both_0b, in 1", "set Both_0c, in 2"),
            "in which account it was is not told")),
        (asks("Admin", "sso:ListAccounts"), NOTHING),
    ],
)  # fmt: skip
def test_a_user_of_identity_center_asks_for_the_sessions_of_what_they_are_assigned(act, found):
    hops = {USER: [hop("Ops_0a"), hop("Both_0b"), hop("Both_0c", "2")]}
    assert ways(hops=hops).of_user(act) == found
