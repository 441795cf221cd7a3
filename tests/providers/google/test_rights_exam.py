"""The Google half of the exam's company: every right that was planted, and none of the traps."""

from datetime import datetime
from pathlib import Path

import pytest

from auditor.case.people import People
from auditor.config.load import load
from auditor.evidence.snapshots import Snapshots
from auditor.model.arrow import from_arrow
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from auditor.model.vocabulary import Capability as Cap
from auditor.providers.google.rights import google_access
from collectors.base import Context
from collectors.google.iam import GoogleIamCollector

COMPANY = Path(__file__).parents[4] / "shared" / "exam" / "company"
TABLES = (Account, Membership, Policy, Grant, Credential)
pytestmark = pytest.mark.skipif(not COMPANY.exists(), reason="needs ../shared/exam/company")


@pytest.fixture(scope="module")
def google():
    at = datetime.fromisoformat((COMPANY / "audit-at.txt").read_text().strip())
    config = load(COMPANY / "auditor.yaml")
    (source,) = [source for source in config.sources if source.kind == "gcp-iam"]
    collector = GoogleIamCollector(source, Context(at, COMPANY, config.timezone))
    ((batch,),) = [list(collector.fetch({}))]
    tables = collector.normalise(batch).tables
    rows = Snapshots(**{table.TABLE: list(from_arrow(table, tables[table])) for table in TABLES if table in tables})
    return google_access(config, rows, People(config, rows.accounts).who, at)


def of(google, person, system):
    return [a for a in google.access if (a.person, a.system) == (person, system) and a.capabilities != {Cap.READ_LOGS}]


@pytest.mark.parametrize(
    ("person", "system", "power"),
    [
        ("pavel", "banner", Cap.DEPLOY),
        ("nils", "returns", Cap.DEPLOY),
        ("zara", "vouchers", Cap.READ_DATA),
        ("xenia", "banner", Cap.MANAGE_SECRETS),
    ],
)
def test_a_lasting_binding_is_a_right_for_ever(google, person, system, power):
    assert any(power in a.capabilities and a.expires_at is None for a in of(google, person, system))


def test_a_second_binding_of_the_ticket_is_still_there(google):
    (access,) = of(google, "omar", "payouts")
    assert (access.ticket, access.expires_at) == ("SHOP-4395", None)


@pytest.mark.parametrize(
    ("person", "system"), [("cleo", "banner"), ("zoe", "payouts"), ("lea", "invoices"), ("wim", None)]
)
def test_a_binding_whose_time_is_over_is_none(google, person, system):
    assert of(google, person, system) == []


def test_the_emergency_owner_is_the_only_unrestricted_one(google):
    assert {a.account for a in google.access if a.unrestricted} == {"user:glass-returns@brightwell.example"}


def test_what_stands_above_the_projects_could_not_be_judged(google):
    assert sorted(str(lost.subject).partition("/")[0] for lost in google.unresolved) == ["folders", "organizations"]
