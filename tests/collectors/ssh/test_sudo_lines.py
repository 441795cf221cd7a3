"""Whether lines of sudo are told, where they are made to cost time."""

from datetime import UTC, datetime

import pytest

from collectors.ssh.sudo_lines import SudoLines
from collectors.ssh.syslog import Line

NOW = datetime(2026, 10, 14, 9, tzinfo=UTC)
OPENED = "pam_unix(sudo:session): session opened for user "


@pytest.mark.parametrize(
    ("said", "lacking"),
    [
        ("root(uid=0) by nina(uid=1000)", True),
        ("root by nina(uid=0)", True),
        ("root(uid=0) by (uid=0)", False),
        ("a" * 4000 + " by " + "a" * 4000 + "\n", True),
        ("a by " * 1600 + "\n", True),
        ("a" * 8000, False),
    ],
)
def test_a_session_by_sudo_without_its_command_is_seen_at_once(said: str, *, lacking: bool) -> None:
    lines = SudoLines()
    assert not lines.again(Line(0, "", NOW, "sudo", "1", OPENED + said, ""))
    assert lines.lack_commands == lacking


@pytest.mark.parametrize(
    ("program", "said", "lacking"),
    [
        ("audisp-syslog", "type=USER_CMD msg=audit(1791961201.100:500): pid=4010 uid=1000 auid=1000", True),
        ("audispd", "node=web-1 type=USER_CMD msg=audit(1791961201.100:500): pid=4010", True),
        ("audit", "USER_CMD pid=4010 uid=1000 auid=1000 ses=3 msg='cmd=\"ls\"'", True),
        ("audit", "USER_LOGIN pid=4010 uid=0 auid=1000", False),
        ("nina", "type=USER_CMD", False),
    ],
)
def test_a_command_that_only_auditd_tells_is_none_that_was_read(program: str, said: str, *, lacking: bool) -> None:
    lines = SudoLines()
    lines.again(Line(0, "", NOW, program, "1", said, ""))
    assert lines.lack_commands == lacking
    lines.again(Line(1, "", NOW, "sudo", "1", "nina : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls", ""))
    assert not lines.lack_commands
