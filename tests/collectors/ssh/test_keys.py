import json
import os
from datetime import UTC, datetime

import pytest

from auditor.config.sources.ssh import SshKeys
from auditor.errors import SourceError
from auditor.model.tables import Account, Credential, Grant
from collectors.ssh.keys import SshKeysCollector

ROW = "AAAAC3NzaC1lZDI1NTE5AAAAI"
NINA = f"ssh-ed25519 {ROW}OM5XnShGtBbGGpl6KqdOZ/pzwn0kMq95E57X09yLUxn nina@laptop"
OTTO = f"ssh-ed25519 {ROW}N6NbtSuOx0IA5nSU4WTA/t91EX0qkC30Fu8elJnZi5c otto@laptop"
HOST = "web-1.harbour.example"


@pytest.fixture
def dumps(tmp_path):
    return tmp_path / "dumps"


@pytest.fixture
def collector(context):
    return SshKeysCollector(SshKeys(name="hosts", kind="ssh-keys", path="dumps"), context)


def put(dumps, user, text, host=HOST, name="authorized_keys"):
    path = dumps / host / user / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_key_is_an_account_a_credential_and_a_grant(dumps, collector, collect):
    put(dumps, "nina", f'# by hand\n\nexpiry-time="202604010000Z",no-pty {NINA}\n')
    got = collect(collector)
    (account,) = got.rows(Account)
    assert (account.account, account.scope, account.kind) == (f"ssh:nina@{HOST}", HOST, "unknown")
    (credential,) = got.rows(Credential)
    (grant,) = got.rows(Grant)
    assert credential.credential.startswith("ssh-key:SHA256:")
    assert (credential.kind, credential.resource, credential.comment) == ("ssh-key", HOST, "nina@laptop")
    assert credential.expires_at == grant.expires_at == datetime(2026, 4, 1, tzinfo=UTC)
    assert credential.options == 'expiry-time="202604010000Z",no-pty'
    assert (grant.principal, grant.role, grant.resource, grant.level) == (
        account.account,
        "authorized_keys",
        HOST,
        "write",
    )
    handle = json.loads(grant.handle)
    assert (handle["provider"], handle["host"], handle["user"]) == ("ssh", HOST, "nina")
    assert f"ssh-key:{handle['fingerprint']}" == credential.credential
    assert (grant.origin, grant.record) == (f"dumps/{HOST}/nina/authorized_keys", 2)
    assert got.coverage[0].status == "ok"


def test_a_row_points_at_its_line(dumps, collector, collect):
    path = put(dumps, "nina", f"# one\r\n{NINA}\r\n")
    (grant,) = collect(collector).rows(Grant)
    assert collector.quote(path.read_bytes(), grant.record) == NINA


def test_a_handle_names_a_login_as_its_people_write_it(dumps, collector, collect):
    put(dumps, "zoë", NINA)
    (grant,) = collect(collector).rows(Grant)
    assert '"user": "zoë"' in grant.handle


def test_root_holds_admin(dumps, collector, collect):
    put(dumps, "root", NINA)
    got = collect(collector)
    assert got.rows(Grant)[0].level == "admin"
    assert got.rows(Account)[0].kind == "root"


def test_a_line_of_a_certificate_authority_is_nobodys_own_key(dumps, collector, collect):
    put(dumps, "nina", f"cert-authority {NINA}")
    assert collect(collector).rows(Credential)[0].kind == "certificate"


def test_junk_lines_are_counted_and_the_rest_is_read(dumps, collector, collect):
    put(dumps, "nina", f"{NINA}\nhello world\n\x00\xff\n{OTTO}\nssh-rsa AAAA broken\n")
    got = collect(collector)
    assert len(got.rows(Grant)) == 2
    (coverage,) = got.coverage
    assert (coverage.status, coverage.rejected, coverage.scope) == ("partial", 3, HOST)
    assert "nina" in coverage.reason
    assert "line 2" in coverage.reason


def test_secrets_in_options_are_not_kept(dumps, collector, collect):
    put(dumps, "nina", f'environment="API_TOKEN=s3cr3t-value",command="deploy --password hunter2" {NINA}')
    (credential,) = collect(collector).rows(Credential)
    assert "s3cr3t" not in credential.options
    assert "hunter2" not in credential.options


def test_an_unreadable_file_costs_that_file_only(dumps, collector, collect):
    put(dumps, "nina", NINA)
    (dumps / HOST / "otto" / "authorized_keys").mkdir(parents=True)
    got = collect(collector)
    assert len(got.rows(Grant)) == 1
    assert got.coverage[0].status == "partial"
    assert "otto" in got.coverage[0].reason
    assert sorted(entry.status for entry in got.objects) == ["failed", "ok"]


def test_a_host_without_a_key_file_is_not_taken_for_a_host_without_access(dumps, collector, collect):
    put(dumps, "nina", NINA)
    (dumps / "db-1.harbour.example" / "nina").mkdir(parents=True)
    got = collect(collector)
    status = {coverage.scope: coverage.status for coverage in got.coverage}
    assert status == {HOST: "ok", "db-1.harbour.example": "failed"}


def test_links_out_of_the_folder_are_not_followed(dumps, collector, collect, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text(NINA)
    put(dumps, "otto", OTTO)
    (dumps / HOST / "nina").mkdir()
    (dumps / HOST / "nina" / "authorized_keys").symlink_to(outside)
    (tmp_path / "elsewhere" / "root").mkdir(parents=True)
    (tmp_path / "elsewhere" / "root" / "authorized_keys").write_text(NINA)
    (dumps / "web-2.harbour.example").symlink_to(tmp_path / "elsewhere")
    got = collect(collector)
    assert [grant.principal for grant in got.rows(Grant)] == [f"ssh:otto@{HOST}"]
    assert {coverage.scope: coverage.status for coverage in got.coverage} == {
        HOST: "partial",
        "web-2.harbour.example": "failed",
    }


def test_links_inside_the_folder_are_followed(dumps, collector, collect):
    put(dumps, "nina", NINA)
    (dumps / HOST / "otto").mkdir()
    (dumps / HOST / "otto" / "authorized_keys").symlink_to(dumps / HOST / "nina" / "authorized_keys")
    assert {grant.principal for grant in collect(collector).rows(Grant)} == {f"ssh:nina@{HOST}", f"ssh:otto@{HOST}"}


def test_hostile_names_are_data(dumps, collector, collect):
    user = "$(touch pwned)"
    put(dumps, user, f'{NINA} "; touch pwned #')
    odd = os.fsdecode(b"caf\xe9")
    put(dumps, odd, OTTO)
    got = collect(collector)
    assert f"ssh:{user}@{HOST}" in {account.account for account in got.rows(Account)}
    assert len(got.rows(Account)) == 2


def test_the_second_file_that_sshd_reads_is_read(dumps, collector, collect):
    put(dumps, "nina", NINA)
    put(dumps, "nina", OTTO, name="authorized_keys2")
    got = collect(collector)
    assert (len(got.rows(Account)), len(got.rows(Grant))) == (1, 2)


def test_a_missing_or_empty_folder_fails_the_source(dumps, collector, collect):
    with pytest.raises(SourceError, match="does not exist"):
        collect(collector)
    dumps.mkdir()
    with pytest.raises(SourceError, match="no folder of a host"):
        collect(collector)


def test_a_snapshot_is_taken_whole_every_time(dumps, collector, collect):
    put(dumps, "nina", NINA)
    first = collect(collector)
    seen = {entry.origin: entry.version for entry in first.objects}
    assert collect(collector, seen).rows(Grant) == first.rows(Grant)


@pytest.mark.golden
def test_what_key_folders_tell_is_told_whole(dumps, collector, collect, told_whole):
    put(dumps, "nina", f'expiry-time="202604010000Z",no-pty {NINA}\nhello world\n')
    put(dumps, "root", OTTO, host="db-1.harbour.example")
    put(dumps, "ca", f"cert-authority {NINA}", host="db-1.harbour.example")
    (dumps / "README").write_text("Copied by hand")
    told_whole("ssh-keys", collect(collector))


def test_what_lies_beside_the_keys_is_known_by_its_name(dumps, collector):
    put(dumps, "nina", NINA)
    places = {
        "sshd-T.txt": "sshd:/sshd-T.txt", "SSHD.out": "sshd:/SSHD.out", "passwd": "passwd:/passwd",
        "etc/passwd": "passwd:/etc/passwd", "getent-group.txt": "group:/getent-group.txt", "shadow": "passwords:/shadow",
        "passwd-S-a.txt": "passwords:/passwd-S-a.txt", "cvtsudoers.json": "sudo:/cvtsudoers.json",
        "sshd_config": "file:/etc/ssh/sshd_config", "etc/ssh/sshd_config.d/a.conf": "file:/etc/ssh/sshd_config.d/a.conf",
        "sudoers.d/more": "file:/etc/sudoers.d/more", "etc/sudoers": "file:/etc/sudoers", "ca.pub": "file:/ca.pub",
        "a/b/c/d/e/f": "file:/a/b/c/d/e/f",
    }  # fmt: skip
    for name in (*places, "a/b/c/d/e/f2/too-deep"):
        path = dumps / HOST / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (dumps / HOST / "gone").symlink_to(dumps / HOST / "nowhere")
    ((first, *others),) = collector.fetch({})
    assert (first.origin, first.part) == (
        f"dumps/{HOST}/nina/authorized_keys",
        f"copy:{HOST}:file:~nina/authorized_keys",
    )
    assert {
        raw.origin.removeprefix(f"dumps/{HOST}/"): raw.part.removeprefix(f"copy:{HOST}:") for raw in others
    } == places
    assert all(raw.load() == b"x" and raw.version for raw in others)


def test_a_host_of_which_only_its_logins_are_known_is_no_failure(dumps, collector, collect):
    path = dumps / HOST / "passwd"
    path.parent.mkdir(parents=True)
    path.write_text("nina:x:1000:1000::/home/nina:/bin/sh\n")
    (line,) = collect(collector).coverage
    assert (line.scope, line.status) == (HOST, "ok")
    assert line.reason == "sudo's rules are not beside the keys: who may be root by them is not told"


def test_whose_keys_could_not_be_read_is_said(dumps, collector, collect):
    (put(dumps, "otto", OTTO).parents[1] / "nina" / "authorized_keys").mkdir(parents=True)
    (dumps / "db-1").mkdir()
    told = {line.scope: (line.status, line.reason) for line in collect(collector).coverage}
    assert told == {
        "db-1": ("failed", "its folder holds no <user>/authorized_keys"),
        HOST: ("partial", "it is no file (nina's keys)"),
    }
