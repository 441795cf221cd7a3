"""A file that a central log host keeps for many: each line goes to the host that it names."""

import json

import pytest

from auditor.config.sources.ssh import SshLogins
from auditor.model.tables import Activity
from collectors.ssh.login_log import SshLoginsCollector
from tests.copies import replace

CLOSED = "pam_unix(sshd:session): session closed for user nina"
SUDO = "    nina : TTY=pts/0 ; PWD=/home/nina ; USER=root ; COMMAND=/usr/bin/systemctl restart shop"
ACCEPTED = "Accepted publickey for nina from 10.0.0.9 port 50001 ssh2: ED25519 SHA256:8q9CIdMTW5xAtJ3pFc6XvQB0A1tafo5FRHxbezVsxKM"


@pytest.fixture
def read(tmp_path, context, collect):
    """Logins by host, and the reason of each host's coverage."""

    def run(name, *lines, known):
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / name).write_text("".join(f"{line}\n" for line in lines))
        source = SshLogins(name="logins", kind="ssh-logins", path="logs")
        got = collect(SshLoginsCollector(source, replace(context, hosts=known)))
        logins = sorted(row.scope for row in got.rows(Activity) if row.action == "ssh:login")
        return logins, {row.scope: (row.status, row.reason) for row in got.coverage}

    return run


def line(host, clock="08:00:00"):
    return f"2026-02-01T{clock}+00:00 {host} sshd[100]: {ACCEPTED}"


LINES = {
    "classic": "Feb  1 08:00:00 {} sshd[100]: " + ACCEPTED,
    "RFC 5424": "<38>1 2026-02-01T08:00:00Z {} sshd 100 - - " + ACCEPTED,
    "RFC 5424 with its length": "{length} <38>1 2026-02-01T08:00:00Z {} sshd 100 - - " + ACCEPTED,
    "ISO": "2026-02-01T08:00:00+00:00 {} sshd[100]: " + ACCEPTED,
}


@pytest.mark.parametrize("layout", LINES)
def test_lines_are_placed_by_the_hosts_that_they_name(read, layout):
    lines = [LINES[layout].format(host, length=200) for host in ("web-1", "web-2")]
    logins, coverage = read("central.log", *lines, known=("web-*",))
    assert logins == ["web-1", "web-2"]
    assert coverage["web-1"][0] == "ok"
    assert "its lines were read as those of web-1, web-2" in coverage["central"][1]


@pytest.mark.parametrize(
    "entry",
    [
        {"host": {"name": "web-1"}, "message": line("web-1")},
        {
            "labels": {"host": "web-1", "filename": "/var/log/auth.log"},
            "line": line("web-1"),
            "timestamp": "2026-02-01T08:00:00Z",
        },
        {
            "labels": {"hostname": "web-1", "syslog_identifier": "sshd"},
            "line": ACCEPTED,
            "timestamp": "2026-02-01T08:00:00Z",
        },
        {
            "version": "1.1",
            "host": "web-1",
            "short_message": ACCEPTED,
            "timestamp": 1769932800.5,
            "_application_name": "sshd",
        },
        {
            "date": "2026-02-01T08:00:00.000Z",
            "attributes": {"syslog": {"appname": "sshd", "hostname": "web-1"}},
            "message": ACCEPTED,
        },
        {
            "data": {
                "resultType": "streams",
                "result": [{"stream": {"host": "web-1"}, "values": [["1769932800000000000", line("web-1")]]}],
            }
        },
        {"hostname": "web-1", "ident": "sshd", "pid": "100", "time": "2026-02-01T08:00:00Z", "message": ACCEPTED},
        {
            "_HOSTNAME": "web-1",
            "SYSLOG_IDENTIFIER": "sshd",
            "__REALTIME_TIMESTAMP": "1769932800000000",
            "MESSAGE": ACCEPTED,
        },
        {
            "log": {"syslog": {"hostname": "web-1", "appname": "sshd"}},
            "@timestamp": "2026-02-01T08:00:00Z",
            "message": ACCEPTED,
        },
    ],
)
def test_json_names_the_host_in_a_field(read, entry):
    assert read("export.ndjson", json.dumps(entry), known=("web-*",))[0] == ["web-1"]


def test_a_record_that_fluentd_wrote_behind_time_and_tag(read):
    record = json.dumps({"host": "web-1", "ident": "sshd", "pid": "100", "message": ACCEPTED})
    lines = [f"2026-02-01T08:00:00+00:00\tsyslog.authpriv.info\t{record}"]
    assert read("buffer.log", *lines, known=("web-*",))[0] == ["web-1"]


def test_a_short_name_is_known_by_the_domain_of_a_pattern(read):
    assert read("all.log", line("web-1"), known=("web-*.harbour.example",))[0] == ["web-1.harbour.example"]


def test_a_log_named_after_a_known_host_is_that_host_s_however_its_lines_call_it(read):
    logins, coverage = read("prod-eu-1.log", line("ip-10-0-0-5"), known=("*",))
    assert (logins, coverage) == (["prod-eu-1"], {"prod-eu-1": ("ok", None)})


def test_hosts_that_nobody_knows_are_named(read):
    logins, coverage = read("central.log", line("db-1"), line("db-2"), line("web-1"), known=("web-*",))
    assert logins == ["central", "central", "web-1"]
    assert "its lines name db-1, db-2, and were read as those of central" in coverage["central"][1]


@pytest.mark.parametrize(("number", "said"), [(5, "db-4, and were read"), (6, "db-4 and 1 more, and were read")])
def test_five_hosts_that_nobody_knows_are_named_and_more_counted(read, number, said):
    _, coverage = read("central.log", *(line(f"db-{host}") for host in range(number)), known=("web-*",))
    assert said in coverage["central"][1]


def test_a_session_stays_with_its_host(read, tmp_path):
    closed = "2026-02-01T09:00:00+00:00 {} sshd[100]: pam_unix(sshd:session): session closed for user nina"
    _, coverage = read("central.log", line("web-1"), line("web-2"), closed.format("web-2"), known=("web-*",))
    assert coverage["web-2"][0] == "ok"


@pytest.mark.parametrize("name", ["secure", "messages", "auth.log", "syslog.1", "journal.json"])
def test_a_log_called_as_on_every_host_is_of_whom_its_lines_name(read, name):
    logins, coverage = read(name, line("web-1"), line("db-1", "08:05:00"), known=())
    assert logins == ["db-1", "web-1"]
    assert {coverage[host][0] for host in ("db-1", "web-1")} == {"ok"}


@pytest.mark.parametrize(
    ("files", "label"),
    [
        ({"sshd.log": ("sshd[100]",), "sudo.log": ("sudo[200]",)}, "sshd"),
        ({"auth.log": ("sudo[200]",), "sshd.json": (), "sshd.log": ("sshd[100]",)}, "auth"),
        ({"2026-02-01.log": ("08:00",), "2026-02-02.log": ("sudo[200]", "closed")}, "2026-02-01"),
        ({"auth.log": ("sudo[200]", "closed"), "auth.log.1": ("08:00",)}, "auth"),
        ({"x/sshd.log": ("sshd[100]",), "x/sudo.log": ("sudo[200]",)}, "x"),
    ],
)
def test_a_session_goes_on_from_one_file_of_a_log_host_to_the_next(tmp_path, context, collect, files, label):
    lines = [
        f"2026-02-01T08:00:00+00:00 web-1 sshd[100]: {ACCEPTED}",
        f"2026-02-02T08:05:00+00:00 web-1 sudo[200]: {SUDO}",
        f"2026-02-02T08:10:00+00:00 web-1 sshd[100]: {CLOSED}",
    ]
    for name, parts in files.items():
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{one}\n" for one in lines if any(part in one for part in parts)))
    source = SshLogins(name="logins", kind="ssh-logins", path="logs")
    got = collect(SshLoginsCollector(source, replace(context, hosts=("web-*",))))
    acts = {row.action: row for row in got.rows(Activity) if row.action != "log:heartbeat"}
    assert {row.session for row in acts.values()} == {acts["ssh:login"].session}
    assert acts["sudo:systemctl"].credential == acts["ssh:login"].credential
    assert {row.scope for row in got.coverage} == {label, "web-1"}
