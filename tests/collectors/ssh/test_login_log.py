import bz2
import gzip
import json
import lzma
import os
from datetime import UTC, datetime

import pytest

from auditor.config.sources.ssh import SshLogins
from auditor.errors import SourceError
from auditor.model.tables import Activity
from collectors.ssh.log_names import host_named
from collectors.ssh.login_log import SshLoginsCollector
from collectors.turned import age
from tests.collectors.ssh.records import PC, wtmp

HOST = "web-1.harbour.example"
NINA = "SHA256:8q9CIdMTW5xAtJ3pFc6XvQB0A1tafo5FRHxbezVsxKM"
OTTO = "SHA256:sDFmN4+D/3KtKi7ekBiLJBSHRj47BN3fogktwOlNR4g"


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


@pytest.fixture
def collector(context):
    return SshLoginsCollector(SshLogins(name="logins", kind="ssh-logins", path="logs"), context)


@pytest.fixture
def read(logs, collector, collect):
    """The rows of one log but its heartbeats, and its coverage."""

    def run(*lines, name=f"{HOST}.log"):
        (logs / name).write_text("".join(f"{line}\n" for line in lines))
        got = collect(collector)
        return [row for row in got.rows(Activity) if row.action != "log:heartbeat"], got.coverage[0]

    return run


def line(clock, program, message, day=1):
    return f"2026-02-{day:02}T{clock}+00:00 web-1 {program}: {message}"


def login(clock, user, key, pid=100, port=50001, day=1):
    return line(
        clock, f"sshd[{pid}]", f"Accepted publickey for {user} from 10.0.0.9 port {port} ssh2: ED25519 {key}", day
    )


def sudo(clock, user, command, tty="pts/0", day=1):
    return line(clock, "sudo", f"  {user} : TTY={tty} ; PWD=/home/{user} ; USER=root ; COMMAND={command}", day)


def logout(clock, user, pid=100, day=1):
    return line(clock, f"sshd[{pid}]", f"pam_unix(sshd:session): session closed for user {user}", day)


def test_a_session_from_login_to_logout(read):
    rows, coverage = read(
        login("08:00:00", "nina", NINA),
        sudo("08:01:00", "nina", "/usr/bin/systemctl restart checkout"),
        sudo("08:02:00", "nina", "/usr/bin/tail /var/log/app.log"),
        line("08:03:00", "sshd[100]", "Received disconnect from 10.0.0.9 port 50001:11: disconnected by user"),
        logout("08:03:00", "nina"),
    )
    assert [(row.action, row.category, row.level) for row in rows] == [
        ("ssh:login", "login", "read"),
        ("sudo:systemctl", "change", "write"),
        ("sudo:tail", "read", "read"),
        ("ssh:logout", "login", "read"),
    ]
    session = f"ssh:nina@{HOST}/100/2026-02-01T08:00:00Z"
    assert {row.session for row in rows} == {session}
    assert {row.credential for row in rows} == {f"ssh-key:{NINA}"}
    assert {row.account for row in rows} == {f"ssh:nina@{HOST}"}
    assert {(row.scope, row.resource, row.source_ip) for row in rows} == {(HOST, HOST, "10.0.0.9")}
    assert json.loads(rows[1].detail) == {"command": "/usr/bin/systemctl restart checkout", "as": "root"}
    assert (coverage.scope, coverage.status, coverage.reason) == (HOST, "ok", None)
    assert (coverage.from_, coverage.to) == (
        datetime(2026, 2, 1, 8, tzinfo=UTC),
        datetime(2026, 2, 1, 8, 3, tzinfo=UTC),
    )


def test_a_session_in_which_nobody_answers_ends_so(read):
    gone = line("08:30:00", "sshd[101]", "Timeout, client not responding from user nina 10.0.0.9 port 50001")
    rows, _ = read(login("08:00:00", "nina", NINA), gone, logout("08:30:00", "nina"))
    assert [row.action for row in rows] == ["ssh:login", "ssh:timeout:logout"]


def test_failed_logins_are_no_logins(read):
    rows, _ = read(
        line("08:00:00", "sshd[7]", "Failed password for invalid user $(touch pwned) from 45.1.2.3 port 9 ssh2"),
        line("08:00:01", "sshd[7]", "Invalid user oracle from 45.1.2.3 port 9"),
        line("08:00:02", "sshd[8]", f"Failed publickey for root from 45.1.2.3 port 9 ssh2: ED25519 {OTTO}"),
    )
    assert {(row.action, row.outcome, row.session) for row in rows} == {("ssh:login", "failed", None)}
    assert [row.account for row in rows] == [
        f"ssh:$(touch pwned)@{HOST}",
        f"ssh:oracle@{HOST}",
        f"ssh:root@{HOST}",
    ]


def test_a_command_of_a_shared_login_is_told_apart_by_its_terminal_or_by_nothing(read):
    shell = "Starting session: shell on {} for ops from 10.0.0.9 port {} id 0"
    rows, _ = read(
        login("08:00:00", "ops", NINA, pid=100, port=1),
        login("08:00:01", "ops", OTTO, pid=200, port=2),
        sudo("08:01:00", "ops", "/usr/bin/id", tty="pts/1"),
        line("08:02:00", "sshd[101]", shell.format("pts/0", 1)),
        line("08:02:01", "sshd[201]", shell.format("pts/1", 2)),
        sudo("08:03:00", "ops", "/usr/bin/id", tty="pts/1"),
        logout("08:04:00", "ops", pid=200),
        sudo("08:05:00", "ops", "/usr/bin/id", tty="pts/9"),
    )
    commands = [row for row in rows if row.action == "sudo:id"]
    assert [row.credential for row in commands] == [None, f"ssh-key:{OTTO}", f"ssh-key:{NINA}"]
    assert commands[0].session is None


def test_two_sessions_of_one_key_are_one_persons(read):
    rows, _ = read(
        login("08:00:00", "nina", NINA, pid=100, port=1),
        login("08:30:00", "nina", NINA, pid=200, port=2),
        sudo("08:31:00", "nina", "/usr/bin/id"),
    )
    assert rows[-1].credential == f"ssh-key:{NINA}"


def test_with_a_second_factor_the_key_is_that_of_the_first(read):
    rows, _ = read(
        line("08:00:00", "sshd[5]", f"Partial publickey for nina from 10.0.0.9 port 5 ssh2: ED25519 {NINA}"),
        line("08:00:09", "sshd[5]", "Accepted keyboard-interactive/pam for nina from 10.0.0.9 port 5 ssh2"),
    )
    assert [(row.action, row.credential) for row in rows] == [("ssh:login", f"ssh-key:{NINA}")]


def test_a_refused_command_is_denied_and_a_masked_one_is_a_change(read):
    rows, _ = read(
        line("08:00:00", "sudo", "mallory : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"),
        sudo("08:01:00", "nina", "/bin/ls ; USER=root ; COMMAND=/bin/sh"),
        sudo("08:02:00", "nina", "/usr/bin/mysql -pS3cret"),
    )
    assert [(row.outcome, row.level) for row in rows] == [("denied", "write"), ("ok", "write"), ("ok", "write")]
    assert "S3cret" not in rows[2].detail


def test_other_programs_show_that_the_log_was_alive_and_nothing_else(logs, collector, collect):
    (logs / f"{HOST}.log").write_text(
        "".join(
            f"{line(clock, 'CRON[1]', 'x')}\n" for clock in ("08:10:00", "08:20:00", "08:50:00", "11:00:00", "11:30:00")
        )
    )
    rows = collect(collector).rows(Activity)
    assert {(row.action, row.account, row.actor_kind, row.scope) for row in rows} == {
        ("log:heartbeat", None, "log", HOST)
    }
    assert [f"{row.time:%H:%M}" for row in rows] == ["08:10", "11:00", "11:30"]


def test_the_same_line_read_again_is_the_same_event(logs, collector, collect):
    lines = [line("08:00:00", "sshd[7]", "Failed password for root from 45.1.2.3 port 9 ssh2")] * 2
    lines.append(login("09:00:00", "nina", NINA))
    path = logs / f"{HOST}.log"
    path.write_text("".join(f"{text}\n" for text in lines))
    first = {row.event_id: row for row in collect(collector).rows(Activity)}
    assert sum(row.outcome == "failed" for row in first.values()) == 2

    path.rename(logs / f"{HOST}.log.1")
    path.write_text(logout("09:30:00", "nina") + "\n")
    again = {row.event_id: row for row in collect(collector).rows(Activity)}
    assert first.keys() < again.keys()
    assert all((again[id_].time, again[id_].action) == (row.time, row.action) for id_, row in first.items())


def test_files_of_a_log_are_read_oldest_first():
    ordered = [
        *("web.log.10.gz", "web.log.2.log", "web.log.1", "web.log-20251101", "web.log-20251108.xz"),
        *("web.log-20251115-1763190000", "web.log"),
    ]
    assert sorted(sorted(ordered), key=age) == ordered
    assert age("web-2025-11-15.log.zst") < age("web-2025-11-16.jsonl") < age("web.jsonl")


@pytest.mark.parametrize(
    ("name", "host"),
    [("10.0.1.5.log", "10.0.1.5"), ("10.0.1.5.log.1.gz", "10.0.1.5"), ("web-1.2.log", "web-1"), ("web-1.md", None)],
)
def test_a_log_is_of_the_host_that_it_is_called_after(name, host):
    assert host_named(name) == host


@pytest.mark.parametrize(("beside", "status"), [(("auth.log",), "ok"), ((), "failed")])
def test_auditds_own_log_is_left_out_beside_another_and_told_alone(logs, collector, collect, beside, status):
    folder = logs / HOST / "audit"
    folder.mkdir(parents=True)
    (folder / "audit.log").write_text("type=USER_CMD msg=audit(1769932800.100:501): pid=4010 uid=1000\n")
    for name in beside:
        (folder.parent / name).write_text(login("08:00:00", "nina", NINA) + "\n")
    (line,) = collect(collector).coverage
    assert (line.scope, line.status) == (HOST, status)


@pytest.mark.parametrize(("beside", "status"), [((), "partial"), (("auth.log",), "ok")])
def test_a_copy_of_wtmp_is_read_where_nothing_else_tells_of_logins(logs, collector, collect, beside, status):
    (logs / HOST).mkdir()
    at = datetime(2026, 2, 1, 8, tzinfo=UTC)
    (logs / HOST / "wtmp").write_bytes(wtmp(PC, (7, 812, "pts/0", "nina", "198.51.100.7", at)))
    for name in beside:
        (logs / HOST / name).write_text(login("08:00:00", "nina", NINA) + "\n")
    got = collect(collector)
    (row,) = [row for row in got.rows(Activity) if row.action == "ssh:login"]
    assert (row.account, row.credential is None) == (f"ssh:nina@{HOST}", not beside)
    (line,) = got.coverage
    assert (line.scope, line.status) == (HOST, status)


def test_a_session_goes_on_from_a_rotated_file_into_the_next(logs, collector, collect):
    (logs / f"{HOST}.log.2.gz").write_bytes(gzip.compress(f"{login('08:00:00', 'nina', NINA)}\n".encode()))
    (logs / f"{HOST}.log.1").write_text(line("09:00:00", "CRON[1]", "x") + "\n")
    (logs / f"{HOST}.log").write_text(sudo("10:00:00", "nina", "/usr/bin/id") + "\n")
    got = collect(collector)
    (command,) = [row for row in got.rows(Activity) if row.action == "sudo:id"]
    assert command.credential == f"ssh-key:{NINA}"
    assert len(got.coverage) == 1


@pytest.mark.parametrize(
    ("older", "newest", "said"),
    [
        ("", "", ".log.1: it is empty; .log: it is empty"),
        (line("09:00:00", "CRON[1]", "x") + "\n", "", None),
        ("", "junk\n", ".log.1: it is empty; .log: a line has no time that can be read (line 1)"),
    ],
)
def test_an_empty_file_is_told_unless_an_older_one_has_lines(logs, collector, collect, older, newest, said):
    (logs / f"{HOST}.log.1").write_text(older)
    (logs / f"{HOST}.log").write_text(newest)
    (coverage,) = collect(collector).coverage
    assert (coverage.status, coverage.reason) == ("partial" if said else "ok", said)


def test_only_new_and_changed_files_are_read_with_the_one_before(logs, collector, collect):
    for number in (3, 2, 1):
        (logs / f"{HOST}.log.{number}").write_text(line("08:00:00", "CRON[1]", "x", day=9 - number) + "\n")
    path = logs / f"{HOST}.log"
    path.write_text(line("08:00:00", "CRON[1]", "x", day=9) + "\n")
    (logs / "web-2.harbour.example.log").write_text(line("08:00:00", "CRON[1]", "x") + "\n")
    first = collect(collector)
    seen = {entry.origin: entry.version for entry in first.objects}
    assert collect(collector, seen).batches == []
    with path.open("a") as log:
        log.write(login("09:00:00", "nina", NINA, day=9) + "\n")
    (batch,) = collect(collector, seen).batches
    assert [raw.origin for raw in batch] == [f"logs/{HOST}.log.1", f"logs/{HOST}.log"]


def test_classic_lines_say_that_year_and_zone_were_inferred(read):
    rows, coverage = read(
        f"Feb  1 08:00:00 web-1 sshd[1]: Accepted publickey for nina from 10.0.0.9 port 5 ssh2: ED25519 {NINA}"
    )
    assert rows[0].time == datetime(2026, 2, 1, 7, tzinfo=UTC)
    assert coverage.status == "ok"
    assert "Europe/Berlin" in coverage.reason
    assert "year" in coverage.reason


def test_a_log_that_was_searched_newest_first_is_read_as_it_was_written(read):
    lines = [login("08:00:00", "ubuntu", NINA), sudo("08:01:00", "ubuntu", "/bin/x"), logout("08:02:00", "ubuntu")]
    classic = [f"Feb  1 {one[11:19]}{one[25:]}" for one in lines]
    for written in (lines, classic):
        rows, _ = read(*reversed(written))
        assert [(row.action, row.credential) for row in rows] == [
            (action, f"ssh-key:{NINA}") for action in ("ssh:login", "sudo:x", "ssh:logout")
        ]


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [("2026-10-01", "partial", "its clock is ahead"), ("2031-01-01", "ok", "wait for a later audit")],
)
def test_lines_of_the_future_are_told(logs, collector, collect, changed, status, said):
    path = logs / f"{HOST}.log"
    path.write_text(login("08:00:00", "nina", NINA).replace("2026-", "2030-") + "\n")
    os.utime(path, ns=(0, int(datetime.fromisoformat(changed).timestamp()) * 10**9))
    (coverage,) = collect(collector).coverage
    assert (coverage.status, said in coverage.reason) == (status, True)


def test_journald_lines_are_read(read):
    entry = {
        "__REALTIME_TIMESTAMP": "1769932800000000",
        "SYSLOG_IDENTIFIER": "sshd",
        "_PID": "100",
        "MESSAGE": f"Accepted publickey for nina from 10.0.0.9 port 5 ssh2: ED25519 {NINA}",
    }
    rows, coverage = read(json.dumps(entry))
    assert rows[0].session == f"ssh:nina@{HOST}/100/2026-02-01T08:00:00Z"
    assert coverage.reason is None


def test_a_gzip_file_that_is_cut_short_gives_what_it_has(logs, collector, collect):
    text = "".join(f"{line('08:00:00', 'CRON[1]', str(number))}\n" for number in range(5_000))
    (logs / f"{HOST}.log.1.gz").write_bytes(gzip.compress(text.encode())[:-2000])
    (logs / f"{HOST}.log").write_text(login("09:00:00", "nina", NINA) + "\n")
    got = collect(collector)
    assert {row.action for row in got.rows(Activity)} == {"log:heartbeat", "ssh:login"}
    assert got.coverage[0].status == "partial"
    assert "cut short" in got.coverage[0].reason


def test_a_damaged_gzip_file_costs_that_file_only(logs, collector, collect):
    packed = bytearray(gzip.compress(f"{login('08:00:00', 'nina', NINA)}\n".encode()))
    packed[-6] ^= 255
    (logs / f"{HOST}.log.1.gz").write_bytes(packed)
    (logs / f"{HOST}.log").write_text(login("09:00:00", "otto", OTTO) + "\n")
    got = collect(collector)
    assert {row.account for row in got.rows(Activity) if row.account} == {f"ssh:otto@{HOST}"}
    assert {entry.origin[-3:]: entry.status for entry in got.objects} == {".gz": "failed", "log": "ok"}
    assert got.coverage[0].status == "partial"


def test_an_empty_log_and_one_that_is_no_log_are_said(read):
    rows, coverage = read()
    assert (rows, coverage.status) == ([], "partial")
    assert "empty" in coverage.reason
    rows, coverage = read("{", "no log", "at all")
    assert (rows, coverage.status, coverage.rejected) == ([], "failed", 3)


def test_other_files_are_skipped_and_said(logs, collector, collect):
    (logs / "README.txt").write_text("hello")
    (logs / ".web-2.log").write_text("hidden")
    (logs / f"{HOST}.log").write_text(login("09:00:00", "otto", OTTO) + "\n")
    got = collect(collector)
    assert {entry.origin: entry.status for entry in got.objects} == {
        "logs/README.txt": "skipped",
        f"logs/{HOST}.log": "ok",
    }
    assert [coverage.scope for coverage in got.coverage] == [HOST]


def test_a_log_behind_a_link_out_of_the_folder_is_failed(logs, collector, collect, tmp_path):
    (tmp_path / "outside").write_text(login("09:00:00", "otto", OTTO) + "\n")
    (logs / f"{HOST}.log").symlink_to(tmp_path / "outside")
    got = collect(collector)
    assert got.rows(Activity) == []
    assert got.coverage[0].status == "failed"
    assert "symbolic link" in got.coverage[0].reason


def test_a_folder_without_logs_fails_the_source(logs, collector, collect, context):
    with pytest.raises(SourceError, match=r"no file named <host>\.log"):
        collect(collector)
    missing = SshLoginsCollector(SshLogins(name="logins", kind="ssh-logins", path="nowhere"), context)
    with pytest.raises(SourceError, match="does not exist"):
        collect(missing)


def test_a_row_points_at_its_line(logs, collector, collect):
    path = logs / f"{HOST}.log.1.gz"
    text = login("09:00:00", "otto", OTTO)
    path.write_bytes(gzip.compress(f"junk\n\n{text}\n".encode()))
    (row,) = [row for row in collect(collector).rows(Activity) if row.action == "ssh:login"]
    assert collector.quote(path.read_bytes(), row.record) == text


def test_the_published_logs_are_read(shared, context, collect, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    for path in shared("data/sshd-logs").iterdir():
        (folder / f"{path.stem}.log").write_bytes(path.read_bytes())
    source = SshLogins(name="logins", kind="ssh-logins", path="logs")
    rows = collect(SshLoginsCollector(source, context)).rows(Activity)
    assert sum(row.outcome == "failed" for row in rows) > 1000
    accepted = [row for row in rows if row.action == "ssh:login" and row.outcome == "ok"]
    assert {row.scope for row in accepted} == {"syslog_ssh"}


@pytest.mark.golden
def test_what_a_log_tells_is_told_whole(logs, collector, collect, told_whole):
    lines = [
        login("08:00:00", "nina", NINA),
        line("08:00:01", "sshd[101]", "Starting session: shell on pts/0 for nina from 10.0.0.9 port 50001 id 0"),
        sudo("08:01:00", "nina", "/usr/bin/systemctl restart checkout"),
        sudo("08:02:00", "nina", "/usr/bin/tail /var/log/app.log"),
        line("08:02:30", "su", "pam_unix(su:session): session opened for user root(uid=0) by nina(uid=1000)"),
        line("08:02:40", "doas", "nina ran command /bin/cat /etc/shadow as root from /home/nina"),
        line("08:02:50", "sudo", "mallory : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"),
        logout("08:03:00", "nina"),
        line("08:04:00", "sshd[7]", f"Failed publickey for root from 45.1.2.3 port 9 ssh2: ED25519 {OTTO}"),
        line("08:04:01", "sshd[8]", "Failed password for invalid user oracle from 45.1.2.3 port 9 ssh2"),
        line("08:05:00", "sshd[9]", "Accepted password for leon from 10.0.0.8 port 5 ssh2"),
        line("09:30:00", "CRON[1]", "x"),
        "no line of syslog",
    ]
    (logs / f"{HOST}.log").write_text("".join(f"{one}\n" for one in lines))
    told_whole("ssh-logins", collect(collector))


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        (f"{HOST}.log.2.gz", gzip.compress),
        (f"{HOST}.log.2.xz", lzma.compress),
        (f"{HOST}.log-20260218.bz2", bz2.compress),
        (f"{HOST}-2026-02-18.log", bytes),
        (f"{HOST}.jsonl", bytes),
        (f"{HOST}/auth.log", bytes),
        (f"{HOST}/secure-20260218", bytes),
        (f"{HOST}/var/log/messages.1", bytes),
        (f"site-a/{HOST}.log", bytes),
    ],
)
def test_a_host_is_known_by_its_file_or_its_folder(logs, collector, collect, name, pack):
    (logs / name).parent.mkdir(parents=True, exist_ok=True)
    (logs / name).write_bytes(pack(f"{login('08:00:00', 'nina', NINA)}\n".encode()))
    got = collect(collector)
    assert {row.account for row in got.rows(Activity) if row.account} == {f"ssh:nina@{HOST}"}
    assert [line.status for line in got.coverage] == ["ok"]


def test_a_file_of_no_known_host_is_told(logs, collector, collect):
    (logs / "server-room.old").write_text(login("08:00:00", "nina", NINA) + "\n")
    (logs / f"{HOST}.log").write_text(login("09:00:00", "otto", OTTO) + "\n")
    got = collect(collector)
    assert {line.scope: line.status for line in got.coverage} == {HOST: "ok", "logs": "partial"}
    assert "server-room.old" in " ".join(line.reason or "" for line in got.coverage)


def test_a_log_that_names_no_program_is_not_taken_for_quiet(read):
    _, coverage = read("Feb 20 09:00:00 hello world", "Feb 20 09:00:01 hello again")
    assert coverage.status == "failed"
    assert "names the program" in coverage.reason


def test_logins_through_dropbear_are_read(read):
    said = f"Pubkey auth succeeded for 'nina' with ssh-ed25519 key {NINA} from 192.0.2.7:50122"
    rows, _ = read(f"Feb 20 09:00:00 web-1 authpriv.notice dropbear[12]: {said}")
    assert [row.action for row in rows if row.account] == ["ssh:login"]


def test_the_year_of_a_file_is_told_by_when_it_was_last_changed(logs, collector, collect):
    path = logs / f"{HOST}.log"
    path.write_text(
        f"Jun  1 12:00:00 web-1 sshd[7]: Accepted publickey for nina from 10.0.0.9 port 5 ssh2: ED25519 {NINA}\n"
    )
    changed = datetime(2023, 6, 1, 12, 0, 30, 500_000, tzinfo=UTC)
    os.utime(path, ns=(0, int(changed.timestamp() * 1_000_000) * 1000))
    login = next(row for row in collect(collector).rows(Activity) if row.action == "ssh:login")
    assert login.time == datetime(2023, 6, 1, 10, tzinfo=UTC)


def test_a_line_of_no_text_is_quoted_all_the_same():
    assert SshLoginsCollector.quote(b"one\n\0\0caf\xe9\r\n", 1) == "caf\\xe9"


def test_a_command_whose_end_is_told_too_is_one_act(read):
    restart = "/usr/bin/systemctl restart checkout"
    rows, _ = read(
        sudo("08:01:00", "nina", restart),
        sudo("08:01:05", "nina", f"{restart} ; EXIT=0"),
        sudo("08:02:00", "nina", f"{restart} ; EXIT=1"),
    )
    assert [(row.action, row.time.minute) for row in rows] == [("sudo:systemctl", 1), ("sudo:systemctl", 2)]


def test_a_command_that_sudo_tells_as_json_is_read_and_its_end_is_no_loss(read):
    who = '"submituser": "nina", "command": "/usr/bin/systemctl", "runuser": "root"'
    accepted = f'@cee:{{"sudo": {{"accept": {{{who}, "runargv": ["systemctl", "restart", "checkout"]}}}}}}'
    rows, coverage = read(
        line("08:01:00", "sudo[9]", accepted), line("08:01:05", "sudo[9]", '@cee:{"sudo": {"exit": {"exit_value": 0}}}')
    )
    assert [row.action for row in rows] == ["sudo:systemctl"]
    assert coverage.status == "ok"


def test_a_program_may_be_told_with_its_folder(read):
    rows, _ = read(sudo("08:01:00", "nina", "/usr/bin/apt upgrade").replace(" sudo", " /usr/bin/sudo"))
    assert [row.action for row in rows] == ["sudo:apt"]


def sftp(time, message, pid=20):
    return line(time, f"sftp-server[{pid}]", message)


def test_what_is_written_over_sftp_is_a_change_of_whoever_is_signed_in(read):
    key = f"ED25519 {NINA}"
    rows, _ = read(
        line("08:00:00", "sshd[9]", f"Accepted publickey for nina from 192.0.2.7 port 50122 ssh2: {key}"),
        sftp("08:00:01", "session opened for local user nina from [192.0.2.7]"),
        sftp("08:00:02", 'open "/srv/shop/config.php" flags WRITE,CREATE,TRUNCATE mode 0644'),
        sftp("08:00:03", 'close "/srv/shop/config.php" bytes read 0 written 123'),
        sftp("08:00:04", 'remove name "/srv/shop/old.php"'),
        sftp("08:00:05", "sent status Permission denied"),
        sftp("08:00:06", 'close "/srv/shop/looked-at.php" bytes read 99 written 0'),
        sftp("08:00:07", 'close "/home/nina/notes" bytes read 0 written 9'),
        sftp("08:00:08", 'posix-rename old "/srv/shop/a" new "/srv/shop/b"'),
        sftp("08:00:09", "sent status Success"),
        sftp("08:00:10", 'close "/srv/shop/where-the-log-ends.php" bytes read 0 written 5'),
    )
    wrote = [row for row in rows if row.category == "change"]
    assert [(row.action, row.time.second) for row in wrote] == [
        ("sftp:write", 3),
        ("sftp:posix-rename", 8),
        ("sftp:write", 10),
    ]
    assert {(row.account, row.credential) for row in wrote} == {(f"ssh:nina@{HOST}", f"ssh-key:{NINA}")}


def test_a_login_on_the_console_is_told_once(read):
    rows, _ = read(
        line("08:00:00", "login[9]", "pam_unix(login:session): session opened for user root(uid=0) by LOGIN(uid=0)"),
        line("08:00:00", "login[9]", "ROOT LOGIN ON tty1"),
        line("08:30:00", "login[9]", "pam_unix(login:session): session closed for user root"),
    )
    assert [(row.action, row.account, row.source_ip) for row in rows] == [
        ("ssh:login", f"ssh:root@{HOST}", None),
        ("ssh:logout", f"ssh:root@{HOST}", None),
    ]


def test_what_is_done_in_a_session_of_tailscale_is_its_users(read):
    said = "ssh-session(sess-1): "
    rows, _ = read(
        line(
            "08:00:00",
            "tailscaled[7]",
            f'{said}handling new SSH connection from piet@q.example (100.64.0.9) to ssh-user "nina"',
        ),
        sudo("08:01:00", "nina", "/usr/bin/systemctl restart checkout"),
        line("08:02:00", "tailscaled[7]", f"{said}Session complete"),
        sudo("08:03:00", "nina", "/usr/bin/systemctl restart checkout"),
    )
    assert [(row.action, row.on_behalf_of) for row in rows] == [
        ("ssh:login", "tailscale:piet@q.example"),
        ("sudo:systemctl", "tailscale:piet@q.example"),
        ("ssh:logout", "tailscale:piet@q.example"),
        ("sudo:systemctl", None),
    ]


def test_a_shell_by_run0_of_whom_no_line_tells_is_nobodys(read):
    pam = "pam_unix(systemd-run0:session): session opened for user root(uid=0) by (uid=0)"
    let = (
        "Operator of unix-session:3 successfully authenticated as unix-user:nina to gain TEMPORARY authorization for "
        "action org.freedesktop.systemd1.manage-units for system-bus-name::1.9 [run0 bash] (owned by unix-user:nina)"
    )
    rows, _ = read(
        line("08:00:00", "polkitd[6]", let), line("08:00:01", "(bash)[8]", pam),
        line("08:10:00", "polkitd[6]", let.replace("[run0 ", "[systemd-run ")), line("08:30:00", "(bash)[9]", pam),
    )  # fmt: skip
    assert [(row.action, row.account) for row in rows] == [
        ("polkitd:bash", f"ssh:nina@{HOST}"),
        ("polkitd:bash", f"ssh:nina@{HOST}"),
        ("run0:run0", None),
    ]


def test_what_root_does_without_a_terminal_while_nobody_is_root_is_a_job_of_the_host(read):
    job = "root : PWD=/root ; USER=postgres ; COMMAND=/usr/bin/pg_dump shop"
    shell = "nina : PWD=/home/nina ; USER=root ; COMMAND=/bin/bash"
    rows, _ = read(
        line("02:00:00", "sudo[3]", job), line("02:01:00", "sudo[3]", job.replace("PWD", "TTY=pts/0 ; PWD", 1)),
        line("08:00:00", "sshd[7]", f"Accepted publickey for nina from 192.0.2.7 port 5 ssh2: ED25519 {NINA}"),
        line("08:00:30", "sudo[3]", job),
        line("08:01:00", "sudo[9]", shell), line("08:02:00", "sudo[10]", job),
        line("08:10:00", "sshd[7]", "Disconnected from user nina 192.0.2.7 port 5"), line("09:00:00", "sudo[3]", job),
    )  # fmt: skip
    assert [(row.actor, row.actor_kind) for row in rows if row.category == "change"] == [
        ("root", "host-job"),
        ("root", "sudo"),
        ("root", "host-job"),
        ("nina", "sudo"),
        ("root", "sudo"),
        ("root", "host-job"),
    ]


def test_what_root_does_on_a_terminal_is_of_whoever_became_root_there(read):
    accepted = "Accepted publickey for {} from 192.0.2.7 port {} ssh2: ED25519 {}"
    inside = "root : TTY=pts/0 ; PWD=/root ; USER=postgres ; COMMAND=/usr/bin/psql"
    rows, _ = read(
        line("08:00:00", "sshd[7]", accepted.format("nina", 5, NINA)),
        line("08:01:00", "sudo[9]", "nina : TTY=pts/0 ; PWD=/home/nina ; USER=root ; COMMAND=/bin/bash"),
        line("08:02:00", "sudo[10]", inside),
        line("08:03:00", "sshd[8]", accepted.format("otto", 6, OTTO)),
        line("08:04:00", "su", "pam_unix(su:session): session opened for user root(uid=0) by otto(uid=1002)"),
        line("08:05:00", "sudo[10]", inside),
        line("08:10:00", "sshd[7]", "Disconnected from user nina 192.0.2.7 port 5"),
        line("08:11:00", "sshd[8]", "Disconnected from user otto 192.0.2.7 port 6"),
        line("08:12:00", "sudo[10]", inside),
    )
    changes = [row for row in rows if row.category == "change"]
    assert [row.actor for row in changes] == ["nina", "nina", "otto", "root", "root"]
    assert changes[1].session == changes[0].session


def test_a_shell_by_run0_is_one_act_whether_polkit_asked_or_not(read):
    pam = "pam_unix(systemd-run0:session): session opened for user root(uid=0) by nina(uid=1000)"
    let = (
        "Operator of unix-session:3 successfully authenticated as unix-user:nina to gain ONE-SHOT authorization for "
        "action org.freedesktop.systemd1.manage-units for unix-process:4:8 [run0] (owned by unix-user:nina)"
    )
    rows, _ = read(
        line("08:00:00", "polkitd[6]", let), line("08:00:01", "(bash)[7]", pam.replace("nina", "mia")),
        line("08:00:02", "(bash)[8]", pam), line("08:30:00", "(bash)[9]", pam),
    )  # fmt: skip
    assert [(row.action, row.account) for row in rows] == [
        ("polkitd:run0", f"ssh:nina@{HOST}"),
        ("run0:run0", f"ssh:mia@{HOST}"),
        ("run0:run0", f"ssh:nina@{HOST}"),
    ]


def test_what_is_done_in_a_shell_as_another_user_is_of_whoever_opened_it(read):
    accepted = "Accepted publickey for {} from 192.0.2.7 port {} ssh2: ED25519 {}"
    restart = "{} : TTY={} ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl restart shop"
    pam = "pam_unix(su:session): session opened for user {} by nina(uid=1000)"
    rows, _ = read(
        line("08:00:00", "sshd[7]", accepted.format("nina", 5, NINA)),
        line("08:01:00", "su[9]", "(to otto) nina on pts/0"), line("08:01:00", "su[9]", pam.format("otto(uid=1001)")),
        line("08:02:00", "sudo[10]", restart.format("otto", "pts/0")),
        line("08:03:00", "sshd[8]", accepted.format("otto", 6, OTTO)),
        line("08:04:00", "sudo[10]", restart.format("otto", "pts/0")), line("08:05:00", "sudo[10]", restart.format("otto", "pts/1")),
        line("08:06:00", "sudo[11]", "nina : TTY=pts/0 ; PWD=/ ; USER=deploy ; COMMAND=/bin/bash"),
        line("08:07:00", "sudo[12]", restart.format("deploy", "pts/4")), line("08:08:00", "sudo[12]", restart.format("deploy", "x").replace("TTY=x ; ", "")),
        line("08:09:00", "sudo[13]", "otto : TTY=pts/1 ; PWD=/ ; USER=deploy ; COMMAND=/bin/bash"),
        line("08:10:00", "sudo[14]", restart.format("deploy", "pts/4")),
    )  # fmt: skip
    assert [(row.action, row.actor) for row in rows if row.category == "change"] == [
        ("su:su", "nina"),
        ("sudo:systemctl", "nina"),
        ("sudo:systemctl", "nina"),
        ("sudo:systemctl", "otto"),
        ("sudo:bash", "nina"),
        ("sudo:systemctl", "nina"),
        ("sudo:systemctl", "deploy"),
        ("sudo:bash", "otto"),
        ("sudo:systemctl", None),
    ]


def test_a_shell_that_su_and_pam_both_tell_of_is_one_act(read):
    pam = "pam_unix(su:session): session opened for user root(uid=0) by nina(uid=1000)"
    rows, _ = read(
        line("08:00:00", "su[9]", "Successful su for root by nina"), line("08:00:00", "su[9]", "+ /dev/pts/0 nina:root"),
        line("08:00:01", "su[9]", pam), line("08:30:00", "su[9]", pam), line("08:31:00", "su", "nina to root on /dev/pts/1"),
        line("08:32:00", "su", "BAD SU nina to root on /dev/pts/1"), line("08:33:00", "su", "- /dev/pts/1 nina:root"),
        line("08:34:00", "su", "FAILED SU (to root) nina on pts/1"),
    )  # fmt: skip
    assert [(row.action, row.time.minute) for row in rows] == [("su:su", 0), ("su:su", 30), ("su:su", 31)]


def test_su_within_sudo_is_of_whoever_ran_that_though_it_has_another_terminal(read):
    pam = "pam_unix(su-l:session): session opened for user deploy(uid=1002) by nina(uid=0)"
    rows, _ = read(
        line("08:00:00", "sshd[7]", f"Accepted publickey for nina from 192.0.2.7 port 5 ssh2: ED25519 {NINA}"),
        line("08:01:00", "sudo[9]", "nina : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/su - deploy"),
        line("08:01:00", "su[10]", "(to deploy) root on pts/1"), line("08:01:00", "su[10]", pam),
        line("08:02:00", "sudo[11]", "deploy : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl restart shop"),
    )  # fmt: skip
    assert [(row.action, row.actor) for row in rows if row.category == "change"] == [
        ("sudo:su", "nina"),
        ("su:su", "nina"),
        ("sudo:systemctl", "nina"),
    ]


def test_what_somebody_does_as_another_who_signed_in_as_root_is_of_their_key(read):
    job = "root : PWD=/root ; USER=deploy ; COMMAND=/bin/bash -c build"
    restart = "deploy : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl restart shop"
    rows, _ = read(
        line("07:00:00", "sudo[3]", job), line("07:01:00", "sudo[4]", restart),
        line("08:00:00", "sshd[7]", f"Accepted publickey for root from 192.0.2.7 port 5 ssh2: ED25519 {NINA}"),
        line("08:01:00", "su[9]", "(to deploy) root on pts/0"), line("08:02:00", "sudo[10]", restart),
    )  # fmt: skip
    assert [(row.actor, row.credential) for row in rows if row.action == "sudo:systemctl"] == [
        ("deploy", None),
        ("root", f"ssh-key:{NINA}"),
    ]


def test_a_restart_ends_every_session(read):
    boot = line("08:10:00", "kernel", "[    0.000000] Linux version 6.1.0-18-amd64")
    known = [login("08:00:00", "deploy", NINA), boot, login("08:11:00", "deploy", OTTO, 7, 50002)]
    rows, _ = read(*known, sudo("08:12:00", "deploy", "/usr/bin/systemctl restart shop"))
    assert rows[-1].credential == f"ssh-key:{OTTO}"
    rows, _ = read(known[0], known[2], sudo("08:12:00", "deploy", "/usr/bin/systemctl restart shop"))
    assert rows[-1].credential is None


def test_sudos_own_file_is_read_and_tells_no_command_twice(logs, collector, collect):
    (logs / HOST).mkdir()
    told = sudo("08:12:00", "nina", "/usr/bin/systemctl restart shop")
    (logs / HOST / "syslog").write_text(told + "\n")
    (logs / HOST / "sudo.log").write_text(
        "Feb  1 09:12:01 : nina : TTY=pts/0 ; PWD=/home/nina ; USER=root ;\n    COMMAND=/usr/bin/systemctl restart\n"
        "    shop\nFeb  1 09:13:00 2026 : nina : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/rm x\nodd\n"
    )
    got = collect(collector)
    rows = [(row.action, f"{row.time:%H:%M:%S}") for row in got.rows(Activity) if row.action != "log:heartbeat"]
    assert rows == [("sudo:systemctl", "08:12:00"), ("sudo:rm", "08:13:00")]
    assert "a line has no time" in got.coverage[0].reason


def test_sudo_without_its_commands_is_told(read):
    pam = line("08:10:00", "sudo[6]", "pam_unix(sudo:session): session opened for user root(uid=0) by nina(uid=1000)")
    _, coverage = read(pam)
    assert coverage.status == "partial"
    assert "none of its lines with the command" in coverage.reason
    _, coverage = read(pam, sudo("08:10:00", "nina", "/usr/bin/id"))
    assert coverage.status == "ok"
