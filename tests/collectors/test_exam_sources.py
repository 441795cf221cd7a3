"""A realistic company's dumps and logs, where they lie beside the checkout."""

import dataclasses
from datetime import UTC, datetime

import pytest

from auditor.config.sources import AwsIam, SshKeys, SshLogins, TicketsFile
from auditor.errors import SourceError
from auditor.model.tables import Activity, Credential, Ticket
from collectors.registry import collector_for


@pytest.fixture
def company(shared, context):
    base = shared("exam/company")
    return dataclasses.replace(
        context, base=base, collected_at=datetime(2025, 11, 15, 3, 10, tzinfo=UTC), zone="Europe/Warsaw"
    )


@pytest.mark.parametrize("number", range(3))
def test_iam_dumps_are_read_without_loss(company, collect, number):
    path = sorted((company.base / "dumps").glob("authorization-details*.json"))[number]
    suffix = path.stem.removeprefix("authorization-details")
    report = f"dumps/credential-report{suffix}.csv"
    account = (company.base / report).read_text().splitlines()[1].split(":")[4]
    source = AwsIam(name="iam", kind="aws-iam", account=account, file=f"dumps/{path.name}", credential_report=report)
    got = collect(collector_for(source, company))
    assert (got.coverage[0].status, got.coverage[0].reason) == ("ok", None)
    assert len(got.rows(Credential)) > 10


def test_a_dump_that_is_cut_short_fails_its_source(company, collect):
    source = AwsIam(name="old", kind="aws-iam", account="111122223333", file="dumps/old-account.json")
    with pytest.raises(SourceError, match=r"old-account\.json"):
        collect(collector_for(source, company))


def test_keys_logs_and_tickets_are_read_without_loss(company, collect):
    keys = collect(collector_for(SshKeys(name="keys", kind="ssh-keys", path="dumps/ssh"), company))
    logins = collect(collector_for(SshLogins(name="logins", kind="ssh-logins", path="logs/sshd"), company))
    tickets = collect(collector_for(TicketsFile(name="tickets", kind="tickets-file", path="tickets.csv"), company))
    for got in (keys, logins, tickets):
        assert {coverage.status for coverage in got.coverage} == {"ok"}
    assert len(tickets.rows(Ticket)) > 100

    activity = logins.rows(Activity)
    assert len({row.event_id for row in activity}) == len(activity)
    assert max(row.time for row in activity) < company.collected_at
    assert (company.collected_at - min(row.time for row in activity)).days == 30
    known = {row.credential for row in keys.rows(Credential)}
    commands = [row for row in activity if row.action.startswith("sudo:")]
    assert commands
    assert all(row.credential in known for row in commands if row.account.split("@")[0] != "ssh:admin")
