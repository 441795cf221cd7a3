"""The rights of the exam's company: every one that was planted, and none of the traps."""

from datetime import datetime
from pathlib import Path

import pytest

from auditor.case.people import People
from auditor.config.load import load
from auditor.evidence.snapshots import Snapshots
from auditor.model.arrow import from_arrow
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from auditor.model.vocabulary import Capability as Cap
from auditor.model.vocabulary import Level
from auditor.providers.aws.rights import aws_access
from auditor.providers.ssh.rights import ssh_access
from collectors.aws.iam.collector import AwsIamCollector
from collectors.base import Context
from collectors.ssh.keys import SshKeysCollector

COMPANY = Path(__file__).parents[3] / "shared" / "exam" / "company"
TABLES = (Account, Membership, Policy, Grant, Credential)
pytestmark = pytest.mark.skipif(not COMPANY.exists(), reason="needs ../shared/exam/company")


@pytest.fixture(scope="module")
def company():
    """The configuration, the time and the rows of every AWS and SSH source that can be read."""
    at = datetime.fromisoformat((COMPANY / "audit-at.txt").read_text().strip())
    config = load(COMPANY / "auditor.yaml")
    rows = {table: [] for table in TABLES}
    for source in config.sources:
        if source.kind not in ("aws-iam", "ssh-keys") or source.name == "old-account":
            continue
        collector = (AwsIamCollector if source.kind == "aws-iam" else SshKeysCollector)(
            source, Context(at, COMPANY, config.timezone)
        )
        for batch in collector.fetch({}):
            for table, data in collector.normalise(batch).tables.items():
                if table in rows:
                    rows[table] += from_arrow(table, data)
    found = Snapshots(**{table.TABLE: rows[table] for table in TABLES})
    return config, at, found, People(config, found.accounts, found.credentials)


@pytest.fixture(scope="module")
def aws(company):
    config, at, rows, people = company
    return aws_access(config, rows, people.who, at)


def of(rights, person, system=None):
    return [
        a
        for a in rights.access
        if a.person == person and system in (None, a.system) and a.capabilities != {Cap.READ_LOGS}
    ]


def test_bea_reaches_the_ledger_for_ever_through_a_role(aws):
    (access,) = of(aws, "bea")
    assert (access.system, access.expires_at) == ("ledger", None)
    assert access.path == ("user bea", "assumes role ledger-deployer", "inline policy operate")
    assert access.capabilities == {Cap.DEPLOY, Cap.RESTART}


def test_yaras_not_action_is_secrets_and_database_only(aws):
    (access,) = of(aws, "yara")
    assert access.system == "catalog"
    assert access.capabilities == {Cap.MANAGE_SECRETS, Cap.WRITE_DATABASE, Cap.READ_DATA}


@pytest.mark.parametrize("person", ["tom", "marco", "amelie", "lea", "vera", "fay"])
def test_a_deny_a_boundary_and_a_date_leave_logs_at_most(aws, person):
    assert of(aws, person) == []
    assert all(access.level is Level.READ for access in aws.access if access.person == person)


def test_logs_denied_are_no_logs(aws):
    assert [access for access in aws.access if access.person == "ukasz"] == []


def test_only_planted_principals_are_unrestricted(aws):
    unrestricted = {
        a.account.rsplit(":", 1)[1] for a in aws.access if a.unrestricted and not a.account.endswith(":root")
    }
    sealed = {f"user/glass-{name}" for name in ("forecast-aws", "north", "catalog-inc", "east", "west", "live")}
    assert unrestricted == {"user/kaja", "role/report-builder", *sealed}


def test_emergency_users_without_password_or_key_have_no_way_in(aws):
    closed = {a.account.rsplit("/", 1)[1] for a in aws.access if any("no way in" in c for c in a.conditions)}
    assert closed == {"glass-forecast-aws", "glass-catalog-inc", "glass-west"}


def test_the_vendors_role_is_the_only_trust_in_strangers(aws):
    assert [(t.role.rsplit("/", 1)[1], t.principal) for t in aws.foreign_trusts] == [
        ("vendor-read", "arn:aws:iam::818137807285:root")
    ]


def test_readers_and_writers_of_the_exam(aws):
    assert {a.person for a in aws.access if a.system == "appointments" and a.writes and a.person} == {
        "emil",
        "leon",
        "pia",
        "ore",
    }
    assert {a.path[-1] for a in of(aws, "ines", "bookings")} == {"inline policy operate", "inline policy fix"}
    assert [(a.system, a.capabilities) for a in of(aws, "sven")] == [("courier", {Cap.READ_DATA})]
    assert [(a.system, a.capabilities) for a in of(aws, "bram")] == [("forecast", {Cap.DEPLOY})]


def test_keys_of_the_exam(company):
    config, at, rows, people = company
    access = ssh_access(config, rows, people.who, at)
    assert {(a.person, a.system) for a in access if a.unrestricted} == {("olga", "coupons")}
    pipeline = [a for a in access if a.account.startswith("ssh:deploy@")]
    assert pipeline
    assert all(a.capabilities == {Cap.DEPLOY} and a.identity.owner == "ci-deploy" for a in pipeline)
    endless = {(a.person, a.system) for a in access if a.expires_at is None}
    assert endless == {("ines", "warehouse")}
    assert ("siobhan", "tracking") in {(a.person, a.system) for a in access}
