"""Who was made root or put into a group, as the programs that do it tell in a host's log."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from collectors.ssh.log_acts import HOST_JOB, HostActs
from collectors.ssh.sshd_lines import Joined, said
from collectors.ssh.syslog import Line

KEY = "SHA256:8q9CIdMTW5xAtJ3pFc6XvQB0A1tafo5FRHxbezVsxKM"
JOINS = ("usermod", "add 'nina' to group 'sudo'")


@pytest.mark.parametrize(
    ("message", "joined"),
    [
        ("add 'nina' to group 'sudo'", Joined("nina", "sudo")),
        ("add `nina' to group `sudo'", Joined("nina", "sudo")),
        ("user nina added by root to group docker", Joined("nina", "docker")),
        ("members of group sudo set by root to tom,nina", Joined("tom,nina", "sudo", listed=True)),
        ("members of group sudo set by root to ", None),
        ("change user 'nina' UID from '1001' to '0'", Joined("nina", "")),
        ("new user: name=toor, UID=0, GID=0, home=/root, shell=/bin/bash, from=/dev/pts/0", Joined("toor", "")),
        ("new user: name=leon, UID=1003, GID=1003, home=/home/leon, shell=/bin/bash, from=none", None),
        ("add 'nina' to shadow group 'sudo'", None),
        ("user nina removed by root from group sudo", None),
        ("delete 'nina' from group 'sudo'", None),
    ],
)
def test_what_a_line_gives(message, joined):
    assert said("keeper", message) == joined


def acts(*said):
    """What the lines tell that was given."""
    reader, found = HostActs("web-1"), []
    for number, (minute, program, message) in enumerate(said):
        time = datetime(2026, 2, 1, 8, tzinfo=UTC) + timedelta(minutes=minute)
        found += [act for _, act in reader.of(Line(number, message, time, program, str(number), message))]
    return [one for one in found if one["category"] == "grant"]


def login(user):
    return 0, "sshd", f"Accepted publickey for {user} from 10.0.0.9 port 50001 ssh2: ED25519 {KEY}"


def sudo(command, minute=2):
    return minute, "sudo", f"  ops : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND={command}"


def test_whoever_asked_for_it_gave_it_and_its_second_file_is_told_once():
    given = (2, "gpasswd", "user nina added by root to group sudo")
    (act,) = acts(login("ops"), sudo("/usr/sbin/adduser nina sudo"), given, given)
    assert (act["account"], act["credential"], act["level"]) == ("ssh:ops@web-1", f"ssh-key:{KEY}", "admin")
    assert json.loads(act["detail"]) == {"user": "nina", "group": "sudo"}


@pytest.mark.parametrize(
    ("before", "account", "kind"),
    [
        ([login("ops"), sudo("/bin/bash")], "ssh:ops@web-1", "usermod"),
        ([login("root")], "ssh:root@web-1", "usermod"),
        ([login("ops")], "ssh:root@web-1", HOST_JOB),
        ([login("ops"), sudo("/bin/bash"), login("root")], None, "usermod"),
    ],
)
def test_in_a_shell_as_root_it_was_given_by_whoever_is_in_it(before, account, kind):
    (act,) = acts(*before, (10, *JOINS))
    assert (act["account"], act["actor_kind"]) == (account, kind)


@pytest.mark.parametrize(("accepted", "lacking"), [((), True), ((login("nina"),), False)])
def test_sessions_that_pam_alone_tells_of_are_logins_that_are_lacking(accepted, lacking):
    reader = HostActs("web-1")
    opened = (0, "sshd", "pam_unix(sshd:session): session opened for user nina(uid=1001) by nina(uid=0)")
    for minute, program, message in (*accepted, opened):
        time = datetime(2026, 2, 1, 8, minute, tzinfo=UTC)
        list(reader.of(Line(0, message, time, program, "7", message)))
    assert reader.lack_logins == lacking
