"""Several logs of one host, which tell the same twice, or of one session each a part."""

import json
from datetime import datetime

import pytest

from auditor.config.sources.ssh import SshLogins
from auditor.model.tables import Activity
from collectors.ssh.login_log import SshLoginsCollector
from tests.copies import replace

NINA = "SHA256:8q9CIdMTW5xAtJ3pFc6XvQB0A1tafo5FRHxbezVsxKM"
SAYS = [
    ("00:00.120", "sshd", f"Accepted publickey for nina from 10.0.0.9 port 50001 ssh2: ED25519 {NINA}"),
    ("05:00.310", "sudo", "    nina : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl restart shop"),
    ("05:00.910", "sudo", "    nina : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl restart shop"),
    ("06:00.000", "su", "(to root) nina on pts/0"),
    ("06:00.001", "su", "pam_unix(su:session): session opened for user root(uid=0) by nina(uid=1001)"),
    ("10:00.000", "sshd", "pam_unix(sshd:session): session closed for user nina"),
]


def classic(clock, program, message):
    return f"Feb  1 09:{clock[:5]} web-1 {program}{'[100]' if program != 'sudo' else ''}: {message}"


def iso(clock, program, message):
    return f"2026-02-01T08:{clock}+00:00 web-1 {program}[100]: {message}"


def journal(clock, program, message):
    stamp = int(datetime.fromisoformat(f"2026-02-01T08:{clock}+00:00").timestamp() * 1_000_000)
    entry = {"__REALTIME_TIMESTAMP": str(stamp), "_PID": "100", "SYSLOG_IDENTIFIER": program, "MESSAGE": message}
    return json.dumps(entry | {"_HOSTNAME": "web-1"})


@pytest.fixture
def logs(tmp_path):
    (tmp_path / "logs" / "web-1").mkdir(parents=True)
    return tmp_path / "logs" / "web-1"


@pytest.fixture
def read(collect, context):
    """What a collection of the folder gives, with what an earlier one had seen."""

    def run(seen=()):
        source = SshLogins(name="logins", kind="ssh-logins", path="logs")
        got = collect(SshLoginsCollector(source, context), dict(seen))
        return got, [row for row in got.rows(Activity) if row.action != "log:heartbeat"]

    return run


@pytest.mark.parametrize("other", [iso, journal])
def test_what_two_logs_of_a_host_tell_is_the_same_event(logs, read, other):
    (logs / "auth.log").write_text("".join(f"{classic(*said)}\n" for said in SAYS))
    (logs / "journal.json").write_text("".join(f"{other(*said)}\n" for said in SAYS))
    _, rows = read()
    ids = {row.event_id: (row.action, row.session) for row in rows}
    assert [action for action, _ in ids.values()] == [
        "ssh:login",
        "sudo:systemctl",
        "sudo:systemctl",
        "su:su",
        "ssh:logout",
    ]
    assert len({session for _, session in ids.values()}) == 1


def test_a_session_and_its_commands_may_stand_in_logs_of_their_own(logs, read):
    for program in ("sshd", "sudo"):
        lines = [iso(*said) for said in SAYS if said[1] == program]
        (logs / f"{program}.log").write_text("".join(f"{line}\n" for line in lines))
    got, rows = read()
    assert [row.action for row in rows] == ["ssh:login", "sudo:systemctl", "sudo:systemctl", "ssh:logout"]
    assert {(row.session, row.source_ip) for row in rows} == {("ssh:nina@web-1/100/2026-02-01T08:00:00Z", "10.0.0.9")}
    # The next night, the log of commands alone has grown: whose they are stands in the other.
    with (logs / "sudo.log").open("a") as file:
        file.write(iso("09:00.500", *SAYS[1][1:]) + "\n")
    _, rows = read({one.origin: one.version for one in got.objects})
    assert {row.session for row in rows if row.action == "sudo:systemctl"} == {
        "ssh:nina@web-1/100/2026-02-01T08:00:00Z"
    }


def test_an_empty_log_beside_another_is_no_loss(logs, read):
    (logs / "sshd.log").write_text(iso(*SAYS[0]) + "\n")
    (logs / "sudo.log").write_text("")
    got, _ = read()
    assert [(row.status, row.reason) for row in got.coverage] == [("ok", None)]


def test_times_without_a_zone_are_in_utc_where_another_log_of_the_host_says_so(logs, read):
    (logs / "auth.log").write_text("".join(f"{classic(*said)}\n".replace(" 09:", " 08:") for said in SAYS))
    (logs / "journal.json").write_text("".join(f"{journal(*said)}\n" for said in SAYS))
    got, rows = read()
    assert {row.time.hour for row in rows} == {8}
    assert "read in UTC and the year inferred: so another log of the host says" in got.coverage[0].reason
    # Of another day, the journal proves nothing.
    (logs / "journal.json").write_text(journal(*SAYS[-1]) + "\n")
    got, rows = read()
    assert {row.time.hour for row in rows if row.origin.endswith("auth.log")} == {7}
    assert "read in Europe/Berlin" in got.coverage[0].reason


def test_a_session_of_one_second_has_its_command_though_the_files_tell_no_order(logs, read):
    clocks = [("00:00", *SAYS[0][1:]), ("00:00", *SAYS[1][1:]), ("00:00", *SAYS[-1][1:])]
    (logs / "sshd.log").write_text(f"{classic(*clocks[0])}\n{classic(*clocks[2])}\n")
    (logs / "sudo.log").write_text(f"{classic(*clocks[1])}\n")
    _, rows = read()
    assert {row.session for row in rows} == {"ssh:nina@web-1/100/2026-02-01T08:00:00Z"}


@pytest.mark.parametrize(
    ("names", "known", "hosts"),
    [
        (("web-1-sshd.log", "web-1-sudo.log"), (), {"web-1"}),
        (("web-1-sshd.log.1", "web-1-sudo-20260201.log"), ("web-*",), {"web-1"}),
        (("web-1_sshd.log", "web-1.log"), (), {"web-1"}),
        (("web-1.auth.log",), ("web-1.harbour.example",), {"web-1"}),
        (("jump-ssh.log",), (), {"jump-ssh"}),
        (("jump-ssh.log",), ("jump-*",), {"jump-ssh"}),
        (("jump-ssh.log", "jump.log"), ("jump-ssh", "jump"), {"jump-ssh", "jump"}),
    ],
)
def test_logs_called_after_a_host_and_a_program_are_one_log_of_the_host(
    tmp_path, collect, context, names, known, hosts
):
    (tmp_path / "logs").mkdir()
    for name in names:
        lines = [iso(*said) for said in SAYS if (said[1] == "sudo") == ("sudo" in name)]
        (tmp_path / "logs" / name).write_text("".join(f"{line}\n" for line in lines))
    source = SshLogins(name="logins", kind="ssh-logins", path="logs")
    got = collect(SshLoginsCollector(source, replace(context, hosts=known)))
    assert {row.scope for row in got.coverage} == hosts
    commands = [row for row in got.rows(Activity) if row.action.startswith("sudo:")]
    assert {one.session for one in commands} <= {row.session for row in got.rows(Activity) if row.action == "ssh:login"}
