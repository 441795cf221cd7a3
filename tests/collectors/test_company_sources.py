"""Every file of a small company that is audited at night: read whole, through the collectors that it configures."""

import gzip

import pytest

from auditor.config.load import load
from auditor.errors import SourceError
from auditor.model.tables import Activity, Credential, Ticket
from collectors.registry import collector_for
from tests import nightly
from tests.copies import replace


@pytest.fixture
def shop(tmp_path):
    return nightly.harbour_shop(tmp_path)


@pytest.fixture
def read(shop, context, collect):
    """Everything that one of the company's sources came to."""
    config = load(shop.folder / "auditor.yaml")
    sources = {source.name: source for source in config.sources}
    place = replace(context, base=shop.folder, collected_at=nightly.FIRST, zone=config.timezone)
    return lambda name: collect(collector_for(sources[name], place))


@pytest.mark.parametrize("name", [source["name"] for source in nightly.SOURCES])
def test_every_source_is_read_without_loss(read, name):
    got = read(name)
    assert {(line.status, line.reason) for line in got.coverage} == {("ok", None)}
    assert not [one for one in got.objects if one.status == "failed" or one.rejected]


def test_every_user_with_a_key_has_its_credential(read):
    keys = {row.credential for row in read("iam").rows(Credential) if row.kind == "access-key"}
    assert len(keys) == len(nightly.USERS)


def test_every_record_of_the_trail_is_a_row(read, shop):
    files = list((shop.folder / "logs/cloudtrail").rglob("*.json.gz"))
    activity = read("trail").rows(Activity)
    assert len(activity) == sum(gzip.decompress(path.read_bytes()).count(b'"eventID"') for path in files) > 200
    assert len({row.event_id for row in activity}) == len(activity)
    assert all(row.account and row.source_ip for row in activity)


def test_every_ticket_is_a_row(read):
    assert {row.ticket for row in read("tickets").rows(Ticket)} == {"PAY-1", "OPS-1"}


def test_a_command_in_a_session_names_the_key_that_opened_it(read):
    known = {row.credential for row in read("keys").rows(Credential)}
    activity = read("logins").rows(Activity)
    commands = [row for row in activity if row.action.startswith("sudo:")]
    assert [row.account for row in commands] == [f"ssh:nina@{nightly.HOST}"]
    assert {row.credential for row in commands} == {f"ssh-key:{nightly.ssh_key('nina')[1]}"} < known
    assert len({row.event_id for row in activity}) == len(activity)


def cut(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path.name


def test_a_dump_that_is_cut_short_fails_its_source(read, shop):
    name = cut(shop.folder / "dumps/authorization-details.json")
    with pytest.raises(SourceError, match=name):
        read("iam")


def test_an_archive_that_is_cut_short_makes_its_source_partial(read, shop):
    name = cut(next((shop.folder / "logs/cloudtrail").rglob("*.json.gz")))
    got = read("trail")
    assert {line.status for line in got.coverage} == {"partial"}
    assert [one.status for one in got.objects if one.origin.endswith(name)] == ["failed"]
