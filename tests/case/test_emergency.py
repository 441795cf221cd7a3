"""Whether emergency access is sealed, open, or not known to be either."""

from datetime import timedelta

import pytest

from auditor.case.emergency import emergency_access
from auditor.model.tables import Account, Credential
from reports.who import emergency_words
from tests.cases import AT, AWS, config, row

GLASS = f"arn:aws:iam::{AWS}:user/glass"
SETTINGS = config()
DAY = timedelta(days=1)


def credential(kind, **columns):
    known = {
        "credential": kind,
        "kind": kind,
        "account": GLASS,
        "provider": "aws",
        "enabled": True,
        "created_at": AT - 9 * DAY,
    }
    return Credential(**row(**known, **columns))


def account(**columns):
    return Account(**row(account=GLASS, provider="aws", scope=AWS, kind="person", **columns))


@pytest.mark.parametrize(
    ("accounts", "credentials", "said"),
    [
        ([], [], "it is not known whether it is sealed; no source shows its keys and password."),
        ([account()], [], "it is not known whether it is sealed; no source shows its keys and password."),
        ([account(enabled=True)], [], "it is not known whether it is sealed; no source shows its keys and password."),
        ([account(enabled=False)], [], "is sealed: no active key and no open password."),
        ([], [credential("access-key")], "is open: access key."),
        ([], [credential("access-key"), credential("password")], "is open: access key and password."),
        ([], [credential("access-key", expires_at=AT - DAY)], "is sealed: no active key and no open password."),
        ([], [credential("password", last_used_at=AT - DAY)], "is open: password."),
        (
            [account(enabled=True)],
            [credential("password", last_used_at=AT - 10 * DAY)],
            "is sealed: no active key and no open password, changed since its last use on 22 Sep 2026 14:00 CEST.",
        ),
    ],
)
def test_an_account_for_emergencies_is_sealed_open_or_not_known(accounts, credentials, said):
    (found,) = emergency_access(SETTINGS, accounts, credentials, [], AT)
    words = emergency_words(found, SETTINGS.zone)
    assert words.startswith("Emergency access glass (user/glass)")
    assert words.endswith(said)
