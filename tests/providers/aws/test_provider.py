"""AWS as the auditor asks it."""

from datetime import UTC, datetime

from auditor.model.tables import Account
from auditor.providers.aws.provider import Aws

PLACE = {"source": "sso", "collected_at": datetime(2026, 3, 1, tzinfo=UTC), "origin": "users.json", "provider": "aws"}


def test_an_identity_store_is_no_account_of_which_a_log_is_due():
    user = Account(**PLACE, account="identity-center:u-1", scope="d-9067639464", kind="person")
    key = Account(**PLACE, account="arn:aws:iam::111122223333:user/bea", scope="111122223333", kind="person")
    assert Aws("aws").places_to_log([user, key], []) == {"111122223333": key}
