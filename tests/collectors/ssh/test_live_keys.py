"""Keys of hosts over real SSH: sshd on loopback, one daemon with one host key for each host."""

import io
import itertools
import json
import os
import socket
import tarfile
from datetime import UTC, datetime

import asyncssh
import pytest

from auditor.demo.host_answers import archive, keys_answers
from auditor.demo.sshd import Reply
from auditor.errors import SourceError
from auditor.model.tables import Account, Credential, Grant, Policy
from collectors.ssh import plan
from collectors.ssh.remote import AT_ONCE

ROW = "AAAAC3NzaC1lZDI1NTE5AAAAI"
NINA = f"ssh-ed25519 {ROW}OM5XnShGtBbGGpl6KqdOZ/pzwn0kMq95E57X09yLUxn nina@laptop"
OTTO = f"ssh-ed25519 {ROW}N6NbtSuOx0IA5nSU4WTA/t91EX0qkC30Fu8elJnZi5c otto@laptop"
WEB, JOBS = "web-1.harbour.example", "jobs-1.harbour.example"
PASSWD = """root:x:0:0:root:/root:/bin/bash
nina:x:1000:1000:Nina,,,:/home/nina:/bin/bash
otto:x:1001:1001::/srv/otto:/bin/bash
"""
GROUP = "nina:x:1000:\nsudo:x:27:nina\notto:x:1001:\n"
SUDOERS = json.dumps(
    {
        "User_Specs": [
            {
                "User_List": [{"usergroup": "sudo"}],
                "Host_List": [{"hostname": "ALL"}],
                "Cmnd_Specs": [{"runasusers": [{"username": "ALL"}], "Commands": [{"command": "ALL"}]}],
            }
        ]
    }
)
USUAL = keys_answers(PASSWD, {"/home/nina/.ssh/authorized_keys": f"{NINA}\n"}, group=GROUP, sudoers=SUDOERS)


def reason(got, host):
    (row,) = [row for row in got.coverage if row.scope == host]
    return row.status, row.reason


def test_a_host_tells_its_logins_keys_sudo_rules_and_settings(hosts, context, collect):
    got = collect(hosts.keys(context, {WEB: hosts.start(answers=USUAL)}))
    assert reason(got, WEB) == ("ok", None)
    assert {row.account for row in got.rows(Account)} == {f"ssh:root@{WEB}", f"ssh:nina@{WEB}"}
    (key,) = got.rows(Credential)
    assert (key.account, key.comment, key.resource) == (f"ssh:nina@{WEB}", "nina@laptop", WEB)
    assert key.origin == f"ssh://{WEB}/home/nina/.ssh/authorized_keys"
    assert json.loads(key.handle)["file"] == "/home/nina/.ssh/authorized_keys"
    rights = {row.role: row for row in got.rows(Grant)}
    assert set(rights) == {"authorized_keys", "sudo"}
    assert (rights["sudo"].principal, rights["sudo"].level) == (f"ssh:nina@{WEB}", "admin")
    assert rights["sudo"].condition == "ALL (through the group sudo)"
    (policy,) = got.rows(Policy)
    assert (policy.kind, policy.attached_to) == ("sshd", WEB)
    assert json.loads(policy.document)["settings"]["permitrootlogin"] == ["prohibit-password"]


def test_what_a_host_answers_is_kept_as_received_for_nothing_else_keeps_it(hosts, context, collect):
    got = collect(hosts.keys(context, {WEB: hosts.start(answers=USUAL)}))
    kept = {raw.origin: raw for raw in got.batches[0]}
    assert kept[f"ssh://{WEB}#getent-passwd"].load() == PASSWD.encode()
    assert kept[f"ssh://{WEB}/home/nina/.ssh/authorized_keys"].load() == f"{NINA}\n".encode()
    assert all(raw.original for raw in kept.values())
    (row,) = got.rows(Credential)
    collector = hosts.keys(context, {WEB: "127.0.0.1:1"})
    assert collector.quote(kept[row.origin].load(), row.record) == NINA


def test_each_host_that_cannot_be_asked_says_why_and_the_others_go_on(hosts, context, collect):
    good = hosts.start(answers=USUAL)
    expired = hosts.start(f'expiry-time="20240101" {hosts.line}')
    elsewhere = hosts.start(f'from="192.0.2.0/24" {hosts.line}')
    unknown = hosts.start(known=False)
    changed = hosts.start(known=False)
    hosts.trust(good.known_hosts.replace(good.place.split(":")[1], changed.place.split(":")[1]))
    where = {
        WEB: good,
        "expired": expired,
        "elsewhere": elsewhere,
        "unknown": unknown,
        "changed": changed,
        "down": "127.0.0.1:1",
        "nowhere": "no-such-host.invalid",
    }
    got = collect(hosts.keys(context, where))
    assert reason(got, WEB) == ("ok", None)
    assert len(got.rows(Credential)) == 1
    expected = {
        "expired": "it refused the key of",
        "elsewhere": "may not come from this machine",
        "unknown": "its key is not in known_hosts",
        "changed": "its key is not the one in known_hosts",
        "down": "nothing answers at 127.0.0.1 port 1",
        "nowhere": "no-such-host.invalid cannot be reached",
    }
    for host, words in expected.items():
        status, said = reason(got, host)
        assert status == "failed"
        assert words in said


def test_a_host_that_never_greets_is_given_up(hosts, context, collect):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        got = collect(hosts.keys(context, {"silent": place}, connect_timeout="1s"))
    status, said = reason(got, "silent")
    assert status == "failed"
    assert "it did not answer within 1 seconds" in said


def test_a_host_with_an_unknown_key_is_told_nothing(hosts, context, collect):
    unknown = hosts.start(known=False)
    collect(hosts.keys(context, {"unknown": unknown}))
    assert "publickey" not in unknown.log.read_text()


def test_hosts_are_asked_eight_at_a_time(hosts, context, collect, tmp_path):
    """Every command of a host notes when it begins and ends; between them lies the most that ran beside each other."""
    notes = tmp_path / "notes"
    slow = hosts.start(hosts.line, settings=[f"ForceCommand echo 1 >>{notes}; sleep .3; echo -1 >>{notes}; exit 1"])
    collect(hosts.keys(context, {f"web-{number}": slow for number in range(20)}))
    running = list(itertools.accumulate(int(line) for line in notes.read_text().splitlines()))
    assert 2 <= max(running) <= AT_ONCE == 8
    assert running[-1] == 0


def test_more_hosts_than_are_asked_at_a_time_are_all_read(hosts, context, collect):
    servers = [hosts.start(answers=USUAL, address=f"127.0.0.{number + 1}") for number in range(3)]
    got = collect(hosts.keys(context, {f"web-{number}": servers[number % 3] for number in range(12)}))
    assert [row.scope for row in got.coverage] == [f"web-{number}" for number in range(12)]
    assert {(row.status, row.reason) for row in got.coverage} == {("ok", None)}
    assert len(got.rows(Credential)) == 12


def test_a_port_may_stand_behind_the_hosts_name(hosts, context, collect):
    server = hosts.start(answers=USUAL)
    source = hosts.keys(context, {server.address: server}).source.model_copy(
        update={"hosts": (server.place,), "addresses": {}}
    )
    got = collect(type(hosts.keys(context, {WEB: server}))(source, context))
    assert reason(got, "127.0.0.1") == ("ok", None)


def test_a_command_that_hangs_costs_that_host_only_what_came_after_it(hosts, context, collect):
    server = hosts.start(
        hosts.line,
        settings=["ForceCommand sh -c 'case $SSH_ORIGINAL_COMMAND in *id*) echo 7;; *) exec sleep 30; esac'"],
    )
    got = collect(hosts.keys(context, {WEB: server}, command_timeout="3s"))
    status, said = reason(got, WEB)
    assert status == "failed"
    assert "it did not answer within 3 seconds: LC_ALL=C getent passwd" in said


def test_a_login_without_a_shell_is_said(hosts, context, collect):
    shut = {plan.WHO.line(): Reply(b"This account is currently not available.\n", status=1)}
    got = collect(hosts.keys(context, {WEB: hosts.start(answers=shut)}))
    assert reason(got, WEB) == ("failed", "its login runs no commands: This account is currently not available.")


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Reply(said="sh: 1: sudo: not found", status=127), "sudo is not there"),
        (Reply(said="sudo: a password is required", status=1), "sudo does not let its login read everything"),
    ],
)
def test_without_sudo_what_its_login_may_read_is_read_and_the_rest_is_said(hosts, context, collect, refusal, words):
    found = plan.homes().line()
    answers = {
        **USUAL,
        **{command: refusal for command in USUAL if "sudo -n" in command},
        found: Reply(
            archive({"/home/nina/.ssh/authorized_keys": NINA, "/etc/ssh/sshd_config": "PermitRootLogin no\n"}),
            "/usr/bin/find: '/root': Permission denied\n/usr/bin/find: '/home/nina/private': Permission denied\n",
            1,
        ),
    }
    got = collect(hosts.keys(context, {WEB: hosts.start(answers=answers)}))
    assert len(got.rows(Credential)) == 1
    status, said = reason(got, WEB)
    assert status == "partial"
    assert words in said
    assert "it may not be read by its login (/root)" in said
    assert "/home/nina/private" not in said


def test_keys_lie_where_sshd_is_told_to_look(hosts, context, collect):
    config = "Match User otto\n  AuthorizedKeysFile /etc/ssh/otto.keys\n"
    files = {
        "/etc/ssh/keys/nina": f"{NINA}\n",
        "/etc/ssh/otto.keys": f"{OTTO}\n",
        "/etc/ssh/sshd_config": config,
        # sshd does not look here any more.
        "/home/nina/.ssh/authorized_keys": f"{OTTO}\n",
    }
    answers = keys_answers(PASSWD, files, settings="authorizedkeysfile /etc/ssh/keys/%u\n")
    answers[plan.homes().line(sudo=True)] = Reply(archive({"/etc/ssh/sshd_config": config}))
    got = collect(hosts.keys(context, {WEB: hosts.start(answers=answers)}))
    assert {(row.account, row.comment) for row in got.rows(Credential)} == {
        (f"ssh:nina@{WEB}", "nina@laptop"),
        (f"ssh:otto@{WEB}", "otto@laptop"),
    }


def test_a_certificate_authority_opens_every_login_and_principals_are_told(hosts, context, collect):
    files = {"/etc/ssh/ca.pub": f"{OTTO}\n", "/etc/ssh/principals/nina": '# on call\nnina\nfrom="10.0.0.0/8" ops\n'}
    settings = "trustedusercakeys /etc/ssh/ca.pub\nauthorizedprincipalsfile /etc/ssh/principals/%u\n"
    got = collect(hosts.keys(context, {WEB: hosts.start(answers=keys_answers(PASSWD, files, settings=settings))}))
    (authority,) = got.rows(Credential)
    assert (authority.kind, authority.account) == ("certificate", f"ssh:*@{WEB}")
    assert {row.principal for row in got.rows(Grant) if row.role == "authorized_principals"} == {
        "ssh-principal:nina",
        "ssh-principal:ops",
    }


def test_a_root_that_sshd_does_not_let_in_holds_keys_that_open_nothing(hosts, context, collect):
    files = {"/root/.ssh/authorized_keys": f"{NINA}\n"}
    answers = keys_answers(PASSWD, files, settings="permitrootlogin no\n")
    got = collect(hosts.keys(context, {WEB: hosts.start(answers=answers)}))
    (key,) = got.rows(Credential)
    assert (key.account, key.enabled) == (f"ssh:root@{WEB}", False)


def test_keys_that_a_program_hands_out_cannot_be_listed_and_that_is_said(hosts, context, collect):
    answers = keys_answers(PASSWD, {}, settings="authorizedkeyscommand /usr/bin/sss_ssh_authorizedkeys\n")
    got = collect(hosts.keys(context, {WEB: hosts.start(answers=answers)}))
    status, said = reason(got, WEB)
    assert status == "partial"
    assert "sshd asks /usr/bin/sss_ssh_authorizedkeys for keys too" in said


def test_a_link_on_the_way_to_keys_is_not_followed_and_said(hosts, context, collect):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        for path in ("/home/nina/.ssh", "/home/www-data"):
            link = tarfile.TarInfo(path)
            link.type, link.linkname = tarfile.SYMTYPE, "/root/.ssh"
            packed.addfile(link)
    answers = {**USUAL, plan.homes().line(sudo=True): Reply(out.getvalue())}
    got = collect(hosts.keys(context, {WEB: hosts.start(answers=answers)}))
    # The other one leads to nobody's keys.
    assert reason(got, WEB) == ("partial", "it is a symbolic link, which is not followed (/home/nina/.ssh)")


def test_an_answer_cut_short_is_said(hosts, context, collect):
    answers = {**USUAL, plan.homes().line(sudo=True): Reply(archive({"/home/nina/.ssh/authorized_keys": NINA})[:700])}
    got = collect(hosts.keys(context, {WEB: hosts.start(answers=answers)}))
    assert reason(got, WEB)[0] == "partial"
    assert "damaged or cut short" in reason(got, WEB)[1]


def test_a_real_machine_answers_with_its_own_programs(hosts, context, collect, tmp_path):
    """No stand-in: getent, find and tar of this machine; sudo, sshd -T and cvtsudoers where it has them."""
    home = tmp_path / "homes" / "nina"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "authorized_keys").write_text(f'expiry-time="20260401Z" {NINA}\n')
    (home / "private").write_text("nothing of the auditor's")
    server = hosts.start()
    got = collect(hosts.keys(context, {WEB: server}, homes=(str(tmp_path / "homes"),)))
    kept = {raw.origin.removeprefix(f"ssh://{WEB}") for raw in got.batches[0] if raw.original}
    assert f"{home}/.ssh/authorized_keys" in kept
    assert "#getent-passwd" in kept
    assert not any("private" in origin for origin in kept)
    assert f"ssh:root@{WEB}" in {row.account for row in got.rows(Account)}


def test_a_missing_key_or_known_hosts_fails_the_source_with_what_to_do(hosts, context):
    server = hosts.start()
    with pytest.raises(SourceError, match="the key to log in with, nowhere, cannot be used: No such file"):
        list(hosts.keys(context, {WEB: server}, identity_file="nowhere").fetch({}))
    with pytest.raises(SourceError, match="the hosts' keys in nowhere cannot be read: No such file"):
        list(hosts.keys(context, {WEB: server}, known_hosts="nowhere").fetch({}))


def test_a_key_with_a_passphrase_cannot_be_used_at_night(hosts, context, tmp_path):
    locked = asyncssh.generate_private_key("ssh-rsa").export_private_key("pkcs8-pem", passphrase="sesame")
    (tmp_path / "locked").write_bytes(locked)
    with pytest.raises(SourceError, match="it asks for a passphrase"):
        list(hosts.keys(context, {WEB: "127.0.0.1:1"}, identity_file="locked").fetch({}))


def test_nothing_of_this_machine_is_used_to_log_in(hosts, context, collect, monkeypatch, tmp_path):
    """Neither an agent nor ssh_config: the audit's key is refused although the agent's would open the host."""
    server = hosts.start("ssh-ed25519 " + NINA.split()[1])
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text(f"Host *\n  Port {os.getpid()}\n  StrictHostKeyChecking no\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    got = collect(hosts.keys(context, {WEB: server}))
    assert "it refused the key" in reason(got, WEB)[1]


def test_the_moment_is_that_of_the_audit(hosts, context, collect):
    got = collect(hosts.keys(context, {WEB: hosts.start(answers=USUAL)}))
    (row,) = got.coverage
    assert row.from_ == row.to == datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


@pytest.mark.golden
def test_what_hosts_tell_is_told_whole(hosts, context, collect, told_whole):
    files = {
        "/home/nina/.ssh/authorized_keys": f"{NINA}\nhello\n",
        "/root/.ssh/authorized_keys": f'from="192.0.2.0/24" {OTTO}\n',
    }
    answers = keys_answers(PASSWD, files, group=GROUP, sudoers=SUDOERS)
    web = hosts.start(answers=answers)
    told_whole("ssh-keys-live", collect(hosts.keys(context, {WEB: web, "down": "127.0.0.1:1"})))
