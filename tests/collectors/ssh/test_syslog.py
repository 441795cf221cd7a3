import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collectors.ssh.syslog import Log

NEAR = datetime(2026, 3, 1, 3, tzinfo=UTC)


def log(text, near=NEAR, written=None, zone="UTC"):
    return Log(text.encode() if isinstance(text, str) else text, ZoneInfo(zone), near, written)


def times(text, **known):
    return [line.time for line in log(text, **known).lines()]


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-01T08:09:17.000000+00:00 web-1 sshd[42]: Server listening",
        "2026-02-01T09:09:17+01:00 web-1 sshd[42]: Server listening",
        "2026-02-01 08:09:17 web-1 sshd[42]: Server listening",
        "Feb  1 08:09:17 web-1 sshd[42]: Server listening",
        "Feb 1 08:09:17 web-1 sshd[42]: Server listening",
        "<38>Feb  1 08:09:17 web-1 sshd[42]: Server listening",
        "<38>1 2026-02-01T08:09:17Z web-1 sshd 42 - - Server listening",
        '<38>1 2026-02-01T08:09:17Z web-1 sshd 42 ID47 [a b="c"][d] Server listening',
        '<38>1 2026-02-01T08:09:17Z web-1 sshd 42 - [a b="c\\"]d" e="[f"] \ufeffServer listening',
        "2026-02-01T08:09:17Z web-1 sshd 42 - - Server listening",
        "84 <38>1 2026-02-01T08:09:17Z web-1 sshd 42 - - Server listening",
        "\ufeffFeb  1 08:09:17 web-1 sshd[42]: Server listening",
        "Feb  1 08:09:17.123456 web-1 sshd[42]: Server listening",
        "Feb  1 08:09:17 web-1 auth|security:info sshd[42]: Server listening",
        "Sun Feb  1 08:09:17 2026 auth.info sshd[42]: Server listening",
        "Sun 2026-02-01 08:09:17 UTC web-1 ssh.service[42]: Server listening",
        "Sun 2026-02-01 08:09:17 UTC web-1 sshd@7-192.0.2.1:22.service/sshd[42]: Server listening",
        '2026-02-01T08:09:26Z {host="web-1", job="syslog"} Feb  1 08:09:17 web-1 sshd[42]: Server listening',
        'host.auth: [1769933366.000000000, {"log": "Feb  1 08:09:17 web-1 sshd[42]: Server listening"}]',
        'host.auth: [[1769933357.0, {}], {"ident": "sshd", "pid": "42", "message": "Server listening"}]',
        'Feb  1 08:09:17 web-1 sshd[42]: @cee:{"msg": "Server listening", "native": true}',
        '<38>1 2026-02-01T08:09:17Z web-1 sshd 42 - - @cee: {"msg": " Server listening\\n"}',
        (
            'Feb  1 08:09:20 relay rsyslogd: @cee:{"hostname": "web-1", "programname": "sshd", "procid": "42", '
            '"timereported": "2026-02-01T08:09:17Z", "msg": "Server listening"}'
        ),
        "Feb  1 2026 08:09:17 web-1 sshd[42]: Server listening",
        "2026 Feb  1 08:09:17 web-1 sshd[42]: Server listening",
        '"@timestamp","host.name",message\n"Feb 1, 2026 @ 08:09:17.123",web-1,"sshd[42]: Server listening"',
        'Date,Host,Service,Message\n2026-02-01T08:09:26Z,web-1,sshd,"Feb  1 08:09:17 web-1 sshd[42]: Server listening"',
        'Date,Host,Service,Content\n2026-02-01T08:09:17Z,web-1,sshd,"sshd[42]: Server listening"',
        '{"dt": "2026-02-01T08:09:17Z", "message": "Server listening", "syslog": {"appname": "sshd", "procid": 42}}',
        '{"host": "web-1", "_application_name": "sshd", "timestamp": 1769933357, "short_message": "sshd[42]: Server listening"}',
        '"Time","Line","tsNs"\n"2026-02-01 09:09:17","sshd[42]: Server listening",1769933357000000000',
        '{"EventTime": "2026-02-01 08:09:17", "SourceName": "sshd", "ProcessID": 42, "Message": "Server listening"}',
        "gate-1  | Feb  1 08:09:17 web-1 sshd[42]: Server listening",
        "gate-1  | 2026-02-01T08:09:26.123456789Z Feb  1 08:09:17 web-1 sshd[42]: Server listening",
        "/var/log/auth.log.1:Feb  1 08:09:17 web-1 sshd[42]: Server listening",
        "gate-5d9 sshd 2026-02-01T08:09:17Z sshd[42]: Server listening",
        "2026 Feb  1 08:09:17 leaf-1 %AUTHPRIV-6-SYSTEM_MSG: Server listening - dcos_sshd[42]",
        "2026-02-01T08:09:26.1+00:00 i-0abc Feb  1 08:09:17 web-1 sshd[42]: Server listening",
        "2026-02-01 08:09:26\tAuth.Info\t192.0.2.9\tFeb  1 08:09:17 web-1 sshd[42]: Server listening",
        "Feb  1 08:09:17\tweb-1\tsshd[42]:\tServer listening",
        (
            '{"TimeGenerated": "2026-02-01T08:09:26Z", "EventTime": "2026-02-01T08:09:17Z", "ProcessName": "sshd", '
            '"ProcessID": 42, "Computer": "web-1", "SyslogMessage": "Server listening"}'
        ),
        '"_raw","_time",host\n"Feb  1 08:09:17 web-1 sshd[42]: Server listening",2026-02-01T08:09:26Z,web-1',
        "2026-02-01 09:09:17.000000+0100 0x1990     Default     0x0        42     0    sshd: Server listening",
        "2026-02-01 08:09:17.000 Df sshd[42:1990] Server listening",
        (
            'Filtering the log data using "process == \\"sshd\\""\n'
            "Timestamp                       Thread     Type        Activity             PID    TTL\n"
            "2026-02-01 09:09:17.000000+0100 0x1990     Default     0x0        42     0    sshd: (libpam.2.dylib) "
            "[com.apple.opendirectoryd:pam] Server listening"
        ),
        (
            '{"timestamp": "2026-02-01 09:09:17.000000+0100", "processImagePath": "/usr/sbin/sshd", "processID": 42, '
            '"eventMessage": "Server listening"}'
        ),
        (
            '{"timestamp": "2026-02-01T08:09:26.100+0000", "rule": {"id": "5715"}, '
            '"full_log": "Feb  1 08:09:17 web-1 sshd[42]: Server listening"}'
        ),
        '_messageTime,_raw\n1769933366000,"Feb  1 08:09:17 web-1 sshd[42]: Server listening"',
        "Feb  1 08:09:17 sshd[42]: Server listening",
        "Feb  1 08:09:17 web-1 auth.info sshd[42]: Server listening",
        "Feb  1 08:09:17 <auth.info> web-1 sshd[42]: Server listening",
        "Feb  1 08:09:17 web-1 sshd[42]: [ID 800047 auth.info] Server listening",
        "2026-02-01T09:09:17+0100 web-1 sshd[42]: Server listening",
        "2026-02-01 09:09:17 +0100 web-1 sshd[42]: Server listening",
        "2026-02-01 08:09:17 UTC web-1 sshd[42]: Server listening",
        "2026/02/01 08:09:17 web-1 sshd[42]: Server listening",
        "Sun 2026-02-01 08:09:17 UTC web-1 sshd[42]: Server listening",
        "So 2026-02-01 09:09:17 CET web-1 sshd[42]: Server listening",
        "Sun 2026-02-01 03:09:17 EST web-1 sshd[42]: Server listening",
        "1769933357.000000 web-1 sshd[42]: Server listening",
        "2026-02-01T08:09:26.1Z stderr F Feb  1 08:09:17 web-1 sshd[42]: Server listening",
        "2026-02-01T08:09:26.000Z Feb  1 08:09:17 web-1 sshd[42]: Server listening",
        "-- Boot 0123456789abcdef --\nFeb  1 08:09:17 web-1 sshd[42]: Server listening",
        '{"log": "Feb  1 08:09:17 web-1 sshd[42]: Server listening\\n", "stream": "stdout", "time": "2026-02-01T08:09:26Z"}',
        '{"timereported": "2026-02-01T08:09:17Z", "syslogtag": "sshd[42]:", "msg": " Server listening"}',
        '{"ISODATE": "2026-02-01T08:09:17+00:00", "PROGRAM": "sshd", "PID": "42", "MESSAGE": "Server listening"}',
        '{"@timestamp": "2026-02-01T08:09:17Z", "process": {"name": "sshd", "pid": 42}, "message": "Server listening"}',
        '{"timestamp": "1.2.3", "time": "2026-02-01T08:09:17Z", "ident": "sshd", "pid": 42, "msg": "Server listening"}',
        '{"date": 1769933357.0, "SYSLOG_IDENTIFIER": "sshd", "_PID": "42", "MESSAGE": "Server listening"}',
        '\x1e{"__REALTIME_TIMESTAMP": "1769933357000000", "_COMM": "sshd", "_PID": "42", "MESSAGE": "Server listening"}',
        (
            '{\n "__REALTIME_TIMESTAMP": "1769933357000000",\n "_COMM": "sshd",\n "_PID": "42",\n '
            '"MESSAGE": "Server listening"\n}'
        ),
        '[{"__REALTIME_TIMESTAMP": "1769933357000000", "_COMM": "sshd", "_PID": "42", "MESSAGE": "Server listening"}]',
        '{"events": [{"timestamp": 1769933357000, "message": "Feb  1 08:09:17 web-1 sshd[42]: Server listening"}]}',
        "__CURSOR=x\n__REALTIME_TIMESTAMP=1769933357000000\nSYSLOG_IDENTIFIER=sshd\n_PID=42\nMESSAGE=Server listening\n",
        (
            b"__REALTIME_TIMESTAMP=1769933357000000\nSYSLOG_IDENTIFIER=sshd\n_PID=42\nMESSAGE\n"
            + (16).to_bytes(8, "little")
            + b"Server listening\n\n"
        ),
        (
            "Sun 2026-02-01 08:09:17.000000 UTC [s=x;i=1]\n    SYSLOG_IDENTIFIER=sshd\n    _PID=42\n"
            "    MESSAGE=Server listening"
        ),
        "Feb  1 08:09:17 web-1 sshd[42]: Server listening\n".encode("utf-16"),
        '{"__REALTIME_TIMESTAMP": "1769933357000000", "SYSLOG_IDENTIFIER": "sshd", "_PID": "42", "MESSAGE": "Server listening"}',
        (
            '{"__REALTIME_TIMESTAMP": "1769933357000000", "_COMM": "sshd", "SYSLOG_PID": "42", "MESSAGE": [83, 101, 114, 118, '
            "101, 114, 32, 108, 105, 115, 116, 101, 110, 105, 110, 103]}"
        ),
    ],
)
def test_every_layout_comes_to_the_same_line(text):
    (line,) = log(text + ("\n" if isinstance(text, str) else b"")).lines()
    assert (line.time, line.program, line.pid, line.message) == (
        datetime(2026, 2, 1, 8, 9, 17, tzinfo=UTC),
        "sshd",
        "42",
        "Server listening",
    )


def test_sudo_in_a_session_of_systemd_is_known_by_its_words():
    text = "Sun 2026-02-01 08:00:00 UTC web-1 session-3.scope[42]: nina : PWD=/home/nina ; USER=root ; COMMAND=/bin/id"
    assert [line.program for line in log(text).lines()] == ["sudo"]
    assert [line.program for line in log(text.replace("COMMAND", "X").replace("USER", "Y")).lines()] == [
        "session-3.scope"
    ]


def test_an_answer_that_goes_on_where_nobody_read_it_is_no_whole_log():
    found = log(
        '{"events": [{"timestamp": 1769932800000, "message": "Feb  1 08:00:00 web-1 sshd[42]: x"}], "nextToken": "a"}'
    )
    assert len(list(found.lines())) == 1
    assert found.broken == ["it is the first page of several, and the next was not written"]


def test_a_marked_message_that_is_cut_is_unread_where_a_server_wrote_it():
    cut = 'Feb  1 08:00:00 web-1 {}[42]: @cee:{{"msg": "Accepted publ'
    found = log("\n".join(cut.format(program) for program in ("sshd", "shop", "sudo")))
    assert [line.program for line in found.lines()] == ["shop"]
    assert found.unread == [0, 2]


@pytest.mark.parametrize(
    ("zones", "ahead"),
    [
        ("UTC GMT WET", 0), ("WEST CET", 1), ("CEST EET", 2), ("EEST MSK", 3), ("EST CDT", -5), ("EDT", -4), ("MST PDT", -7),
        ("MDT", -6), ("PST", -8), ("JST", 9), ("AEST", 10), ("AEDT", 11), ("NZST", 12), ("NZDT", 13),
    ],
)  # fmt: skip
def test_zones_that_mean_one_thing_only_are_known(zones, ahead):
    noon = datetime(2026, 2, 1, 12, tzinfo=UTC) - timedelta(hours=ahead)
    for zone in zones.split():
        assert times(f"Sun 2026-02-01 12:00:00 {zone} web-1 sshd[42]: x", zone="Asia/Dhaka") == [noon]
    assert times("Sun 2026-02-01 12:00:00 IST web-1 sshd[42]: x") == []


@pytest.mark.parametrize("month", ["Mär", "Mrz", "mars", "mar", "maart", "mar."])
def test_months_in_the_language_of_the_host_are_read(month):
    text = f"{month} 14 09:00:00 web-1 sshd[42]: x\n"
    assert times(text, near=datetime(2026, 4, 1, tzinfo=UTC)) == [datetime(2026, 3, 14, 9, tzinfo=UTC)]


@pytest.mark.parametrize("host", ["src@web-1/relay", "web-1/relay/loghost", "web-1"])
def test_of_a_chain_of_hosts_the_first_wrote_the_line(host):
    assert [line.host for line in log(f"2026-02-01T08:00:00Z {host} sshd[42]: x").lines()] == ["web-1"]


def test_times_without_a_zone_are_read_in_the_zone_that_is_told():
    text = "Feb  1 08:00:00 web-1 sshd[1]: x\nAug  1 08:00:00 web-1 sshd[1]: x"
    near = datetime(2026, 9, 1, tzinfo=UTC)
    assert [moment.hour for moment in times(text, near=near, zone="Europe/Berlin")] == [7, 6]


@pytest.mark.parametrize(
    ("shipped", "hour"),
    [("08:00:02", 8), ("07:00:02", 7), ("11:30:00", 7)],
    ids=["at once, by UTC", "at once, by the log's zone", "long after"],
)
def test_a_shipper_that_wrote_at_once_tells_that_a_host_is_in_utc(shipped, hour):
    read = log(f"2026-02-01T{shipped}Z Feb  1 08:00:00 web-1 sshd[1]: x\n", zone="Europe/Berlin")
    assert [line.time.hour for line in read.lines()] == [hour]
    assert (read.in_utc, read.zoneless) == (hour == 8, hour == 7)


def test_a_shipper_tells_the_hour_that_comes_twice_apart():
    lines = "2025-10-26T00:30:01Z Oct 26 02:30:00 a: x\n2025-10-26T01:30:01Z Oct 26 02:30:00 a: x\n"
    assert [moment.hour for moment in times(lines, zone="Europe/Berlin")] == [0, 1]


def test_the_hour_that_comes_twice_when_summer_time_ends_is_told_apart_by_order():
    text = "".join(
        f"Oct 25 0{h}:{m}:00 web-1 sshd[1]: x\n" for h, m in ((1, 50), (2, 10), (2, 50), (2, 10), (2, 50), (3, 10))
    )
    assert [f"{t:%H:%M}" for t in times(text, near=datetime(2026, 11, 1, tzinfo=UTC), zone="Europe/Berlin")] == [
        "23:50",
        "00:10",
        "00:50",
        "01:10",
        "01:50",
        "02:10",
    ]


def test_the_year_goes_back_over_new_year():
    text = "Nov 30 08:00:00 h a: x\nDec 31 23:59:59 h a: x\nJan  1 00:00:01 h a: x\nFeb  1 08:00:00 h a: x\n"
    assert [moment.year for moment in times(text)] == [2025, 2025, 2026, 2026]


def test_a_late_line_of_december_is_not_a_year_ahead():
    text = "Dec 31 23:59:58 h a: x\nJan  1 00:00:01 h a: x\nDec 31 23:59:59 h a: x\nJan  1 00:00:02 h a: x\n"
    assert [moment.year for moment in times(text)] == [2025, 2026, 2025, 2026]


def test_no_line_lies_in_the_future():
    assert times("Mar  2 12:00:00 h a: x") == [datetime(2025, 3, 2, 12, tzinfo=UTC)]
    assert times("Dec 24 12:00:00 h a: x") == [datetime(2025, 12, 24, 12, tzinfo=UTC)]


def test_an_old_file_keeps_the_year_in_which_it_was_written():
    written = datetime(2023, 6, 2, tzinfo=UTC)
    assert times("Jun  1 12:00:00 h a: x", written=written) == [datetime(2023, 6, 1, 12, tzinfo=UTC)]


def test_a_copy_made_later_does_not_move_the_year():
    assert times("Feb 20 12:00:00 h a: x", written=datetime(2027, 1, 20, tzinfo=UTC))[0].year == 2026


def test_an_audit_of_the_past_reads_a_log_that_goes_on_in_its_own_year():
    text = "Feb 20 12:00:00 h a: x\nMar 29 12:00:00 h a: x\n"
    assert [t.year for t in times(text, written=datetime(2026, 3, 29, 12, tzinfo=UTC))] == [2026, 2026]


def test_the_29th_of_february_is_in_a_leap_year():
    assert times("Feb 29 12:00:00 h a: x") == [datetime(2024, 2, 29, 12, tzinfo=UTC)]


def test_lines_without_a_time_are_counted_unless_they_go_on_with_another_programs():
    text = (
        "junk at the start\n"
        "Feb  1 08:00:00 h sshd[1]: x\n"
        "torn line of sshd\n"
        "Feb  1 08:00:01 h app[1]: first\n"
        "second line of app\n"
        "Feb 31 08:00:02 h sshd[1]: no such day\n"
        "Feb  1 25:00:02 h sshd[1]: no such hour\n"
        '{"MESSAGE": "no time"}\n'
    )
    found = log(text)
    assert len(list(found.lines())) == 2
    assert found.unread == [0, 2]
    found = log("Feb  1 08:00:00 h sshd[1]: x\nFeb 31 08:00:02 h sshd[1]: no such day\n{broken\n")
    assert [line.number for line in found.lines()] == [0]
    assert found.unread == [1, 2]


@pytest.mark.parametrize(
    ("time", "told"),
    [
        ("2026-02-01T08:00:00Z", True),
        ("Sun 2026-02-01 08:00:00 UTC", True),
        ("1769932800", True),
        ("2026-02-01 08:00:00", False),
        ("Feb  1 08:00:00", False),
        ("Feb  1 2026 08:00:00", False),
        ("2026-02-01T08:00:00Z Feb  1 08:00:00", False),
    ],
)
def test_a_log_whose_times_tell_no_zone_is_known_as_one(time, told):
    found = log(f"{time} web-1 sshd[42]: x")
    assert len(list(found.lines())) == 1
    assert (found.classic or found.zoneless) is not told


def test_what_journalctl_says_of_the_log_is_no_line_of_it():
    said = ("Journal begins at Sun 2026-02-01", "Boot 0a1b", "No entries")
    comments = "\n".join([*(f"-- {one} --" for one in said), "-- cursor: s=1;i=2"])
    found = log(f"Feb  1 08:00:00 h sshd[1]: x\n{comments}\n-- torn --\n")
    assert len(list(found.lines())) == 1
    assert found.unread == [5]


def test_zeros_after_a_power_cut_and_bytes_that_are_no_text_cost_nothing():
    found = log(b"\x00\x00\x00Feb  1 08:00:00 h sshd[1]: caf\xe9\r\n")
    assert [line.message for line in found.lines()] == ["caf\\xe9"]


def test_a_line_of_ten_megabytes_is_read_as_far_as_it_matters():
    (line,) = log("Feb  1 08:00:00 h sshd[1]: " + "x" * 10_000_000).lines()
    assert len(line.text) < 10_000


def test_the_first_line_may_stand_in_the_hour_that_comes_twice():
    assert (
        len(times("Oct 25 02:30:00 web-1 sshd[1]: x\n", near=datetime(2026, 11, 1, tzinfo=UTC), zone="Europe/Berlin"))
        == 1
    )


def test_frames_with_their_lengths_need_no_lines_of_their_own():
    frame = "<38>1 2026-02-01T08:00:00Z web-1 sshd 42 - - Server listening"
    assert len(times(f"{len(frame)} {frame}" * 3)) == 3


@pytest.mark.parametrize("program", ["sshd[42]", "sudo"])
def test_what_a_logger_folds_is_what_the_program_said(program):
    (line,) = log(
        f"Feb  1 08:00:00 web-1 {program}: message repeated 2 times: [ nina : USER=root ; COMMAND=/bin/ls]"
    ).lines()
    assert line.message == "nina : USER=root ; COMMAND=/bin/ls"


@pytest.mark.parametrize("text", ["[" * 3000, '{"a":' * 3000 + "1" + "}" * 3000, "null", "<html></html>", '{"a": 1}'])
def test_what_is_no_log_has_no_lines(text):
    read = log(text + "\n")
    assert list(read.lines()) == []
    assert read.unread


def test_a_line_that_speaks_of_sshd_and_names_no_program_is_told():
    found = log("Feb  1 08:09:17 UTC web-1 sshd[42]: Accepted\nFeb  1 08:09:18 web-1 cron[1]: sshd\n")
    assert len(list(found.lines())) == 2
    assert found.unnamed == [0]


@pytest.mark.parametrize(("program", "missing"), [("sudo", [0]), ("sshd", [0]), ("systemd", [])])
@pytest.mark.parametrize("message", [{}, {"MESSAGE": None}, {"MESSAGE": ["one", "two"]}])
def test_what_journalctl_left_out_of_a_line_that_matters_is_told(program, missing, message):
    given = {"__REALTIME_TIMESTAMP": "1769933357000000", "SYSLOG_IDENTIFIER": program, **message}
    read = log(json.dumps(given) + "\n")
    list(read.lines())
    assert read.untold == missing


def test_a_message_that_is_empty_is_none_that_was_left_out():
    read = log('{"__REALTIME_TIMESTAMP": "1769933357000000", "SYSLOG_IDENTIFIER": "sshd", "MESSAGE": ""}\n')
    assert (len(list(read.lines())), read.untold) == (1, [])
