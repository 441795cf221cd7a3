"""What keeps a host's log says when it drops lines: then what people did may be missing."""

import time
from datetime import UTC, datetime

import pytest

from collectors.ssh.lost_lines import left_out
from collectors.ssh.syslog import Line

RATE = "due to rate-limiting"


def said(program, message):
    return Line(1, message, datetime(2026, 10, 15, tzinfo=UTC), program, "300", message)


@pytest.mark.parametrize(
    ("program", "message", "lost"),
    [
        ("systemd-journald", "Suppressed 4211 messages from ssh.service", True),
        ("systemd-journald", "Suppressed 12 messages from /system.slice/sshd.service", True),
        ("systemd-journal", "Suppressed 7 messages from session-3.scope", True),
        ("systemd-journald", "Suppressed 7 messages from user@1000.service", True),
        ("systemd-journald", "Suppressed 7 messages from sshd@3-10.0.0.1:22-10.0.0.2:50122.service", True),
        ("systemd-journald", "Suppressed 9000 messages from nginx.service", False),
        ("systemd-journald", "Forwarding to syslog missed 12 messages.", True),
        ("systemd-journald", "Missed 12 kernel messages", False),
        ("rsyslogd", f"imjournal: 1200 messages lost {RATE} (20000 allowed within 600 seconds)", True),
        ("rsyslogd", f"imuxsock[pid: 268, name: /usr/sbin/sshd]: 193 messages lost {RATE}", True),
        (
            "rsyslogd",
            f"imuxsock[pid: 268, name: /usr/sbin/sshd] from <web-1:sshd>: begin to drop messages {RATE}",
            True,
        ),
        ("rsyslogd", f"imuxsock[pid: 268, name: /usr/sbin/haproxy]: 193 messages lost {RATE}", False),
        ("rsyslogd-2177", f"imuxsock lost 984 messages from pid 13518 {RATE}", True),
        ("rsyslogd", f"rsyslogd[internal_messages]: 3543 messages lost {RATE} (500 allowed within 5 seconds)", False),
        ("rsyslogd", "rsyslogd was HUPed", False),
        ("nginx", "Suppressed 4211 messages from ssh.service", False),
    ],
)
def test_whether_lines_about_people_may_have_been_dropped(program, message, lost):
    assert left_out(said(program, message)) == lost


def test_a_hostile_name_of_a_program_costs_no_time():
    began = time.process_time()
    for name in ("/user@" * 1400, "/ssh " * 1600, "/session-" * 900):
        assert left_out(said("rsyslogd", f"imuxsock[pid: 1, name: {name}\n]: 9 messages lost {RATE}"))
    assert time.process_time() - began < 0.1
