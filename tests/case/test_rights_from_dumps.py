"""From the bytes of a company's dumps to who reaches what: every right that stands in them, and none that ended."""

import pytest

from auditor.case.access import rights
from auditor.case.moment import reaching
from auditor.case.people import People
from auditor.config.load import load
from auditor.evidence.snapshots import Snapshots
from auditor.model.arrow import from_arrow
from auditor.model.tables import Account, Credential, Grant, Membership, Policy, ServiceUse
from auditor.model.vocabulary import Capability as Cap
from collectors.base import Context
from collectors.registry import collector_for
from tests.case import dumps

TABLES = (Account, Membership, Policy, Grant, Credential, ServiceUse)


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """What `rights` takes."""
    folder = tmp_path_factory.mktemp("quay")
    dumps.write_dumps(folder)
    config = load(folder / "auditor.yaml")
    rows = {table.TABLE: [] for table in TABLES}
    for source in config.sources:
        collector = collector_for(source, Context(dumps.AT, folder, config.timezone))
        for batch in collector.fetch({}):
            normalised = collector.normalise(batch)
            assert {line.status for line in normalised.coverage} <= {"ok"}
            for table, data in normalised.tables.items():
                rows[table.TABLE] += from_arrow(table, data)
    snapshots = Snapshots(**rows)
    return config, snapshots, People(config, snapshots.accounts, snapshots.credentials).who, dumps.AT


@pytest.fixture(scope="module")
def found(company):
    return rights(*company)


def test_whoever_asks_about_one_system_is_told_of_every_path_to_it(company, found):
    for system in company[0].systems:
        assert reaching(rights(*company, system).access, system) == reaching(found.access, system)


def of(found, person, provider=None):
    """What a person reaches beyond reading logs."""
    paths = [path for path in found.access if path.person == person and path.capabilities != {Cap.READ_LOGS}]
    return [path for path in paths if provider in (None, path.provider)]


def test_a_role_that_trusts_a_user_is_a_lasting_path_to_its_system(found):
    (path,) = of(found, "bea")
    assert (path.system, path.expires_at) == ("shop", None)
    assert path.path == ("user bea", "assumes role releaser", "inline policy operate")
    assert path.capabilities == {Cap.DEPLOY, Cap.RESTART}


def test_all_but_some_services_is_what_the_named_resources_leave_of_it(found):
    (path,) = of(found, "yara")
    assert path.system == "mail"
    assert path.capabilities == {Cap.MANAGE_SECRETS, Cap.WRITE_DATABASE, Cap.READ_DATA}


def test_reading_objects_is_reading_data_and_no_more(found):
    assert [(path.system, path.capabilities) for path in of(found, "sven", "aws")] == [("mail", {Cap.READ_DATA})]


def test_each_policy_is_a_path_of_its_own(found):
    assert {path.path[-1] for path in of(found, "ines", "aws")} == {"inline policy operate", "inline policy fix"}


@pytest.mark.parametrize("person", ["tom", "amelie", "lea"])
def test_a_deny_a_boundary_and_a_date_leave_logs_at_most(found, person):
    paths = [path for path in found.access if path.person == person]
    assert paths
    assert all(path.capabilities == {Cap.READ_LOGS} and not path.writes for path in paths)


def test_logs_denied_are_no_logs(found):
    assert [path for path in found.access if path.person == "ulla"] == []


def test_whoever_holds_everything_is_unrestricted_and_nobody_else(found):
    everything = {path.account for path in found.access if path.unrestricted}
    assert everything == {
        dumps.arn("user", "kaja"),
        dumps.arn("role", "report-builder"),
        dumps.arn("user", "sealed"),
        dumps.arn("user", "half-sealed"),
        "user:glass-search@quay.example",
        f"ssh:root@{dumps.WEB}",
    }


def test_an_emergency_user_without_password_or_key_has_no_way_in(found):
    closed = {path.account for path in found.access if any("no way in" in said for said in path.conditions)}
    assert closed == {dumps.arn("user", "sealed")}


def test_the_vendors_role_is_the_only_trust_in_strangers(found):
    assert [(trust.role, trust.principal) for trust in found.foreign_trusts] == [
        (dumps.arn("role", "vendor-read"), "arn:aws:iam::999900001111:root")
    ]


@pytest.mark.parametrize(
    ("person", "system", "power"),
    [("pavel", "search", Cap.DEPLOY), ("xenia", "search", Cap.MANAGE_SECRETS), ("zara", "billing", Cap.READ_DATA)],
)
def test_a_binding_without_an_end_is_a_right_for_ever(found, person, system, power):
    (path,) = of(found, person)
    assert (path.system, path.expires_at) == (system, None)
    assert power in path.capabilities


def test_a_binding_whose_time_is_over_is_none(found):
    assert of(found, "cleo") == []


def test_a_second_binding_of_the_ticket_outlasts_the_one_that_ended(found):
    (path,) = of(found, "omar")
    assert (path.system, path.ticket, path.expires_at) == ("billing", "PAY-2", None)


def test_what_stands_above_the_projects_could_not_be_judged(found):
    assert sorted(str(lost.subject) for lost in found.unresolved) == ["folders/7", "organizations/9"]


def test_roots_key_opens_everything_on_its_hosts_system(found):
    (path,) = of(found, "olga")
    assert (path.system, path.unrestricted) == ("shop", True)


def test_the_pipelines_key_deploys_and_does_no_more(found):
    (path,) = [path for path in found.access if path.account.startswith("ssh:deploy@")]
    assert (path.capabilities, path.identity.owner) == ({Cap.DEPLOY}, "ci")


def test_a_key_lasts_until_its_line_says(found):
    ends = {path.person: path.expires_at for path in found.access if path.provider == "ssh" and path.person}
    assert ends["ines"] is None
    assert ends["sven"].isoformat() == "2026-04-01T00:00:00+00:00"
    assert "tom" not in ends
