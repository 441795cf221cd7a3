"""A whole night over SSH: the program asks two hosts, one of them down, then stores, judges and explains."""

import json
import os
from datetime import UTC, datetime

import pytest

from auditor.demo.host_answers import keys_answers, logins_answers
from tests.programs import called

WEB, JOBS = "web-1.harbour.example", "jobs-1.harbour.example"
ROW = "AAAAC3NzaC1lZDI1NTE5AAAAI"
NINA = f"ssh-ed25519 {ROW}OM5XnShGtBbGGpl6KqdOZ/pzwn0kMq95E57X09yLUxn nina@laptop"
OTTO = f"ssh-ed25519 {ROW}N6NbtSuOx0IA5nSU4WTA/t91EX0qkC30Fu8elJnZi5c otto@laptop"
PASSWD = "root:x:0:0::/root:/bin/sh\nnina:x:1000:1000::/home/nina:/bin/sh\notto:x:1001:1001::/home/otto:/bin/sh\n"
RULE = {
    "User_List": [{"username": "nina"}],
    "Host_List": [{"hostname": "ALL"}],
    "Cmnd_Specs": [{"Commands": [{"command": "ALL"}], "runasusers": [{"username": "ALL"}]}],
}
CONFIG = """
organisation: Quay
people:
  - {{id: nina, name: Nina, accounts: ["ssh:nina"]}}
  - {{id: otto, name: Otto, left: 2026-01-31, accounts: ["ssh:otto"]}}
systems:
  - {{id: shop, name: Shop, primary: nina, resources: [{{provider: ssh, host: "*.harbour.example"}}]}}
sources:
  - {{name: keys, kind: ssh-keys, {login}}}
  - {{name: logins, kind: ssh-logins, {login}}}
  - {{name: tickets, kind: tickets-file, path: tickets.csv}}
"""
LOGIN = (
    "hosts: [{web}, {jobs}], addresses: {{{web}: '{place}', {jobs}: '127.0.0.1:1'}}, user: {user}, "
    "identity_file: key, known_hosts: known_hosts"
)


def entry(clock, message, program="sshd"):
    moment = datetime.fromisoformat(f"2026-02-28T{clock}+00:00").astimezone(UTC)
    stamp = str(int(moment.timestamp()) * 1_000_000)
    return json.dumps({"__REALTIME_TIMESTAMP": stamp, "SYSLOG_IDENTIFIER": program, "_PID": "812", "MESSAGE": message})


JOURNAL = [
    entry("09:00:00", "Accepted publickey for nina from 198.51.100.7 port 50022 ssh2"),
    entry("09:05:00", "nina : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl restart shop", "sudo"),
]


@pytest.fixture
def audit(hosts, tmp_path):
    files = {"/home/nina/.ssh/authorized_keys": f"# hers\n{NINA}\n", "/home/otto/.ssh/authorized_keys": f"{OTTO}\n"}
    answers = {
        **keys_answers(PASSWD, files, group="nina:x:1000:\n", sudoers=json.dumps({"User_Specs": [RULE]})),
        **logins_answers("\n".join([*JOURNAL, ""])),
    }
    server = hosts.start(answers=answers)
    (tmp_path / "key").write_bytes(hosts.key.export_private_key())
    (tmp_path / "tickets.csv").write_text(
        "ticket,kind,title,person,opened_at\nOPS-1,access,x,otto,2026-01-05T09:00:00Z\n"
    )
    login = LOGIN.format(web=WEB, jobs=JOBS, place=server.place, user=server.user)
    (tmp_path / "auditor.yaml").write_text(CONFIG.format(login=login))

    def run(*arguments):
        return called(*arguments, folder=tmp_path, environment=os.environ)

    return run


def test_a_night_over_ssh_finds_who_is_root_who_left_and_who_changed_what(audit, tmp_path):
    status, _, errors = audit("run", "--at", "2026-03-01T03:00:00Z", "--reports", "none")
    assert (status, errors) == (3, "")
    report = json.loads((tmp_path / "output/latest/findings.json").read_text())
    found = {(finding["rule"], finding["person"]): finding for finding in report["findings"]}
    assert {("standing/admin-access", "nina"), ("standing/departed", "otto"), ("changes/no-window", "nina")} <= set(
        found
    )
    missing = {(row["source"], row["scope"]): row for row in report["coverage"] if row["status"] != "ok"}
    assert set(missing) == {("keys", JOBS), ("logins", JOBS)}
    assert "the host or its sshd is down" in missing["keys", JOBS]["reason"]
    _, shown, _ = audit("explain", found["standing/admin-access", "nina"]["id"])
    assert NINA in shown
