"""wtmp of several machines, built by hand; the published files lie beside some checkouts."""

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.base import Context, Raw
from collectors.reading import Reading
from collectors.ssh.wtmp import Entry, entries, layout_of, remembered, told
from tests.collectors.ssh.records import ARM, LAYOUTS, MAINFRAME, PC, wtmp

AT = datetime(2026, 2, 28, 9, 0, tzinfo=UTC)
NINA = (7, 812, "pts/0", "nina", "198.51.100.7", AT)
GONE = (8, 812, "pts/0", "", "", AT.replace(hour=10))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_logins_are_read_in_every_layout(layout):
    data = wtmp(layout, (2, 0, "~", "reboot", "6.1.0", AT), NINA, GONE)
    read = list(entries(data, layout_of(data)))
    assert read[0] == Entry(1, AT, True, "nina", "198.51.100.7", "pts/0", 812)
    assert (read[1].begins, read[1].tty) == (False, "pts/0")


def rows(data):
    origin = Reading("logins", Context(AT, Path())).open(Raw("ssh://web-1/var/log/wtmp", lambda: data))
    return list(remembered(data, layout_of(data), "web-1", origin)), origin.problems


def test_a_login_and_its_end_belong_together():
    (login, logout), problems = rows(wtmp(PC, NINA, GONE))
    assert (login.action, login.account, login.source_ip) == ("ssh:login", "ssh:nina@web-1", "198.51.100.7")
    assert (logout.action, logout.actor, logout.time) == ("ssh:logout", "nina", AT.replace(hour=10))
    assert login.session == logout.session == "ssh:nina@web-1/812/2026-02-28T09:00:00Z"
    assert login.credential is None
    assert not problems


def test_the_machines_own_terminals_are_no_ssh():
    assert (
        rows(wtmp(PC, (7, 1, "tty1", "nina", "", AT), (7, 2, "pts/1", "nina", ":0", AT), (8, 1, "tty1", "", "", AT)))[0]
        == []
    )


def test_damaged_records_are_counted_and_the_rest_is_read():
    data = bytearray(wtmp(PC, NINA, NINA, NINA, NINA, GONE))
    data[384 * 3 : 384 * 3 + 4] = b"\xff\xff\xff\xff"
    read, problems = rows(bytes(data) + b"cut")
    assert (len(read), problems.rejected) == (4, 2)


@pytest.mark.parametrize("data", [b"", b"x" * 1000, bytes(383), b"Mar  1 09:00:00 web-1 sshd: hello\n" * 40])
def test_what_is_no_wtmp_is_refused(data):
    with pytest.raises(ValueError, match="not laid out as wtmp"):
        layout_of(data)


def test_a_record_is_told_in_words():
    data = wtmp(ARM, NINA)
    assert told(data, 0) == "2026-02-28T09:00:00+00:00 login user=nina from=198.51.100.7 terminal=pts/0 process=812"
    with pytest.raises(IndexError):
        told(data, 1)


@pytest.mark.parametrize(
    ("name", "layout", "count"),
    [("utmp", PC, 6), ("utmp_x86_64", PC, 1), ("utmp_aarch64", ARM, 1), ("utmp_s390", MAINFRAME, 1)],
)
def test_published_files_are_read(shared, name, layout, count):
    data = shared(f"data/utmp/{name}").read_bytes()
    # They begin with an empty record, as utmp may and wtmp does not.
    assert layout_of(data).format == struct.Struct(layout).format
    assert sum(isinstance(entry, Entry) for entry in entries(data, layout_of(data))) == count
