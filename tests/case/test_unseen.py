"""Systems whose rights were not read: who can touch them is not known."""

from auditor.case.coverage import unseen_systems
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Grant
from tests.cases import AWS, config, row, user

HOST = Account(
    **row(account="ssh:mia@web-1.harbour.example", provider="ssh", scope="web-1.harbour.example", kind="unknown")
)


def test_a_system_whose_account_and_hosts_were_read_is_seen() -> None:
    assert unseen_systems(config(), Snapshots(accounts=[user("nina"), HOST])) == ()


def test_a_system_with_a_place_that_was_not_read_is_not() -> None:
    assert unseen_systems(config(), Snapshots(accounts=[user("nina")])) == ("checkout",)
    assert unseen_systems(config(), Snapshots()) == ("checkout", "search")


def test_a_project_is_seen_by_the_rights_on_it() -> None:
    data = {"id": "data", "name": "Data", "resources": [{"provider": "gcp", "project": "harbour-data"}]}
    settings = config(systems=[data])
    binding = Grant(
        **row(principal="user:nina@harbour.example", role="roles/viewer", resource="harbour-data", provider="gcp")
    )
    assert unseen_systems(settings, Snapshots(grants=[binding])) == ()
    assert unseen_systems(settings, Snapshots(accounts=[user("nina", scope=AWS)])) == ("data",)


def test_what_identity_center_assigns_in_an_account_does_not_show_its_iam() -> None:
    held = Grant(
        **row(principal="identity-center:u-1", role="arn:aws:sso:::permissionSet/x/ps-1", resource=AWS, provider="aws")
    )
    assert unseen_systems(config(), Snapshots(accounts=[HOST], grants=[held])) == ("checkout", "search")
