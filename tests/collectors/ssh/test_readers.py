"""What is asked of a host, in which order, and what comes of each answer: without a host, from answers by hand."""

import asyncio
import io
import json
import tarfile
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from collectors.ssh import plan
from collectors.ssh.host_reader import Asking, KeysReader
from collectors.ssh.logins_reader import LoginsReader
from collectors.ssh.refusals import UnansweredError
from collectors.ssh.remote import MOST_BYTES, Answer, Target, output_of

HOST = "web-1"
NOW = datetime(2026, 3, 1, 3, tzinfo=UTC)
GONE = (127, b"", "sh: not found")
REFUSED = (1, b"", "sudo: a password is required\nSorry.")


def archive(files):
    """Files of root's as a host packs them; a symbolic link has no text."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        for path, text in files.items():
            info = tarfile.TarInfo(path)
            info.uname, info.mtime, info.size = "root", 7, len(text or "")
            info.type, info.linkname = (tarfile.REGTYPE, "") if text is not None else (tarfile.SYMTYPE, "/elsewhere")
            packed.addfile(info, io.BytesIO((text or "").encode()))
    return out.getvalue()


@dataclass
class Host:
    """Answers what it is given, by line; of several for one line each once. Knows what it was asked."""

    answers: dict
    target: Target = field(default_factory=lambda: Target(HOST, "192.0.2.1", 22))
    asked: list = field(default_factory=list)

    async def ask(self, command, *, sudo=False, since=0, given=b""):
        line = command.line(sudo=sudo, since=since)
        self.asked.append((line, given) if given else line)
        found = self.answers.get(line, GONE)
        if isinstance(found, list):
            found = found.pop(0)
        status, output, said, *cut = found
        return Answer(status, zlib.compress(output), said, cut=bool(cut))


def read(reader):
    """What it reads: each raw object's name behind the host's, what it is, and its text or what is said of it."""

    async def every():
        return [raw async for raw in reader.read()]

    raws = asyncio.run(every())
    assert all(raw.origin.startswith(f"ssh://{HOST}") for raw in raws)
    return [(raw.origin.removeprefix(f"ssh://{HOST}"), raw.part, raw.missing or raw.load()) for raw in raws]


PASSWD = b"root:x:0:0::/root:/bin/bash\nnina:x:1:1::/srv/nina:/bin/sh\n"
FOUND = archive({"/root/.ssh/authorized_keys": "root's", "/etc/ssh/sshd_config": "Port 22\n"})
KEYS = {
    plan.WHO.line(): (0, b"1000\n", ""),
    plan.PASSWD.line(): (0, PASSWD, ""),
    plan.GROUP.line(): (0, b"ops:x:1:\n", ""),
    plan.PASSWORDS.line(sudo=True): (0, b"nina P\n", ""),
    plan.SSHD.line(sudo=True): (0, b"trustedusercakeys /etc/ca\nrevokedkeys /etc/no\n", ""),
    plan.homes().line(sudo=True): (0, FOUND, ""),
    plan.SUDOERS.line(sudo=True): (0, b"{}", ""),
    plan.FILES.line(): (0, archive({"/srv/nina/.ssh/authorized_keys": "nina's", "/etc/ca": "ca"}), ""),
}
TOLD = [
    ("#getent-passwd", "passwd", PASSWD),
    ("#getent-group", "group", b"ops:x:1:\n"),
    ("#passwords", "passwords", b"nina P\n"),
    ("#sshd-T", "sshd", b"trustedusercakeys /etc/ca\nrevokedkeys /etc/no\n"),
    ("/root/.ssh/authorized_keys", "file:root", b"root's"),
    ("/etc/ssh/sshd_config", "file:root", b"Port 22\n"),
    ("#cvtsudoers", "sudo", b"{}"),
    ("/srv/nina/.ssh/authorized_keys", "file:root", b"nina's"),
    ("/etc/ca", "file:root", b"ca"),
]
REST = b"/srv/nina/.ssh/authorized_keys\0/srv/nina/.ssh/authorized_keys2\0/etc/ca\0/etc/no\0"


def keys(**changes):
    host = Host({**KEYS, **{getattr(plan, name).line(sudo=True): answer for name, answer in changes.items()}})
    return host, KeysReader(Asking(host), plan.HOMES)


def test_a_host_is_asked_for_all_that_opens_it():
    host, reader = keys()
    assert read(reader) == TOLD
    assert host.asked == [*list(KEYS)[:-1], (plan.FILES.line(), REST)]


def test_a_root_login_asks_without_sudo():
    host = Host(
        {line.replace("sudo -n ", ""): answer for line, answer in KEYS.items()} | {plan.WHO.line(): (0, b"0\n", "")}
    )
    assert read(KeysReader(Asking(host), plan.HOMES)) == TOLD
    assert not [line for line in host.asked if "sudo" in line and "sudoers" not in line]


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ((1, b"1000", "  \n no shell\nat all"), "its login runs no commands: no shell"),
        ((0, b"welcome\n", ""), "its login runs no commands: welcome"),
        ((0, b"", ""), "its login runs no commands: without a word"),
        ((0, b"", "x" * 300), f"its login runs no commands: {'x' * 200}"),
    ],
)
def test_a_login_that_runs_no_commands_is_left(who, said):
    with pytest.raises(UnansweredError) as caught:
        read(KeysReader(Asking(Host({plan.WHO.line(): who})), plan.HOMES))
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("refusal", "why"),
    [
        (GONE, "sudo is not there, so that only what its login may read was read"),
        (REFUSED, "sudo does not let its login read everything (sudo: a password is required)"),
        (
            (1, b"", "auditor-answers: not one of its commands"),
            "sudo does not let its login read everything (auditor-answers: not one of its commands)",
        ),
        (
            (1, b"", "Sorry, user a is not allowed to execute x"),
            "sudo does not let its login read everything (Sorry, user a is not allowed to execute x)",
        ),
    ],
)
def test_without_sudo_what_the_login_may_read_is_read_and_the_rest_is_said(refusal, why):
    answers = {line: refusal if "sudo -n" in line else answer for line, answer in KEYS.items()}
    answers |= {plan.homes().line(): (0, FOUND, "")}
    host = Host(answers)
    told = [one for one in TOLD if one[0] not in ("#passwords", "#sshd-T", "#cvtsudoers")]
    assert read(KeysReader(Asking(host), plan.HOMES)) == [*told, ("#sudo", "", why)]
    assert host.asked[4:8] == [
        plan.SSHD.line(sudo=True),
        plan.SSHD.line(),
        plan.homes().line(sudo=True),
        plan.homes().line(),
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SSHD": (1, b"", "bad option\nmore")}, ("#sshd-T", "", "sshd does not tell its settings: bad option")),
        ({"SSHD": (0, b"", "")}, ("#sshd-T", "", "sshd does not tell its settings: without a word")),
        (
            {"SUDOERS": (1, b"", "syntax error")},
            ("#cvtsudoers", "", "who may become root through sudo cannot be read: syntax error"),
        ),
    ],
)
def test_what_a_program_does_not_tell_is_said(changes, said):
    _, reader = keys(**changes)
    assert said in read(reader)


def test_what_getent_does_not_tell_is_said_and_a_failed_word_on_passwords_is_not():
    host, reader = keys(PASSWORDS=(1, b"nina P\n", ""))
    host.answers[plan.PASSWD.line()] = (2, b"", "no database")
    told = read(reader)
    assert told[0] == ("#getent-passwd", "", "its list of logins or groups cannot be read: no database")
    assert not [one for one in told if one[1] == "passwords"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((0, archive({"/root/.ssh": None}), ""), ("/root/.ssh", "", "it is a symbolic link, which is not followed")),
        ((0, archive({"/home/other": None}), ""), None),
        ((0, b"damaged" * 200, ""), ("#files", "", "the files came damaged or cut short")),
        (
            (0, b"damaged" * 200, "", "cut"),
            ("#files", "", "the files came damaged or cut short; there was more than is read"),
        ),
        ((0, b"", "find: '/root': Permission denied"), ("/root", "", "it may not be read by its login")),
        ((0, b"", "find: '/home/other': Permission denied"), None),
        ((127, b"", "x"), ("#sudo", "", "sudo is not there, so that only what its login may read was read")),
    ],
)
def test_what_stands_in_the_way_to_a_key_file_is_said(answer, said):
    host = Host({**KEYS, plan.homes().line(sudo=True): answer})
    told = [one for one in read(KeysReader(Asking(host), plan.HOMES)) if not one[1]]
    assert told == ([said] if said and said[0] != "#sudo" else []) or said in told


def test_a_host_without_find_is_said():
    host = Host(
        {line.replace("sudo -n ", ""): answer for line, answer in KEYS.items()} | {plan.WHO.line(): (0, b"0", "")}
    )
    host.answers[plan.homes().line()] = GONE
    told = [one for one in read(KeysReader(Asking(host), plan.HOMES)) if not one[1]]
    assert told == [("#files", "", "its files cannot be searched: sh: not found")]


JOURNAL = f"ssh://{HOST}#journal"
FIRST = int(NOW.timestamp()) - 90 * 24 * 3600


def entry(second):
    return json.dumps({"__REALTIME_TIMESTAMP": f"{second}000000", "MESSAGE": "x"}).encode() + b"\n"


def logins(answers, seen=None):
    host = Host({plan.WHO.line(): (0, b"0\n", ""), **answers})
    return host, LoginsReader(Asking(host), seen or {}, NOW)


def journal(since, *answers):
    return {plan.JOURNAL.line(since=since): list(answers)}


def versions(reader):
    async def every():
        return [raw.version async for raw in reader.read()]

    return asyncio.run(every())


def test_the_journal_is_read_from_a_day_before_where_the_last_night_ended():
    piece = entry(FIRST + 5)
    _, reader = logins(journal(FIRST, (0, piece, "")))
    assert read(reader) == [("#journal", f"log:{HOST}", piece)]
    _, reader = logins(journal(FIRST, (0, piece, "")))
    (version,) = versions(reader)
    assert version == f"{len(piece)}:{FIRST + 5}000000000"
    host, reader = logins(journal(FIRST + 5 - 86400, (0, piece, "")), {JOURNAL: version})
    assert (len(read(reader)), len(host.asked)) == (1, 2)
    host, reader = logins(journal(FIRST, (0, piece, "")), {JOURNAL: "odd"})
    assert len(read(reader)) == 1


def test_a_long_journal_is_read_in_pieces_that_end_with_a_line():
    first, second = entry(FIRST + 5) + b'{"cut', entry(FIRST + 9)
    _, reader = logins(journal(FIRST, (0, first, "", "cut")) | journal(FIRST + 5, (0, second, "")))
    assert [one[2] for one in read(reader)] == [entry(FIRST + 5), second]
    pieces = {}
    for number in range(9):
        pieces |= journal(FIRST + number, (0, entry(FIRST + number + 1), "", "cut"))
    host, reader = logins(pieces)
    told = read(reader)
    assert len(host.asked) == 9
    assert told[8:] == [
        ("#journal-rest", f"lost:{HOST}", "the journal has more than one night reads; the next one goes on")
    ]
    host, reader = logins(journal(FIRST, (0, entry(FIRST), "", "cut")))
    assert (len(read(reader)), len(host.asked)) == (1, 2)


def test_a_journal_that_shows_only_its_own_messages_is_said():
    _, reader = logins(
        journal(FIRST, (0, entry(FIRST + 5), "Hint: You are currently not seeing messages from other users"))
    )
    told = read(reader)
    assert told[1][0] == "#journal-rights"
    assert told[1][2].endswith("put the login into the group systemd-journal")


def packed_logs(**files):
    return {
        plan.LOGS.line(): (0, archive({f"/var/log/{name.replace('_', '.')}": text for name, text in files.items()}), "")
    }


def test_without_a_journal_log_files_are_read_the_oldest_first():
    logs = packed_logs(auth_log="new", auth_log_1="old", wtmp="w", secure="")
    assert read(logins(logs)[1]) == [
        ("/var/log/auth.log.1", f"log:{HOST}", b"old"),
        ("/var/log/auth.log", f"log:{HOST}", b"new"),
    ]
    seen = {
        f"ssh://{HOST}/var/log/auth.log{end}": version
        for end, version in zip(("", ".1"), ("3:7000000000", "3:7000000000"), strict=True)
    }
    assert read(logins(logs, seen)[1]) == []


def test_wtmp_is_better_than_nothing_and_nothing_is_said():
    told = read(logins(packed_logs(wtmp="w", wtmp_1="v"))[1])
    assert told[1:] == [("/var/log/wtmp.1", f"wtmp:{HOST}", b"v"), ("/var/log/wtmp", f"wtmp:{HOST}", b"w")]
    assert told[0][2].startswith(
        "it has neither a journal nor a log file of sshd that can be read: its logins come from wtmp"
    )
    nothing = "it has neither a journal nor a log file of sshd that can be read"
    assert read(logins({plan.LOGS.line(): (0, b"", "")})[1]) == [("#logs", f"lost:{HOST}", nothing)]
    assert read(logins({plan.LOGS.line(): (1, b"", "no find")})[1]) == [
        ("#logs", f"lost:{HOST}", f"{nothing} (no find)")
    ]


def test_logs_that_may_not_be_read_or_came_damaged_are_said():
    answer = (1, b"damaged" * 200, "tar: /var/log/auth.log: Cannot open: Permission denied")
    assert read(logins({plan.LOGS.line(): answer})[1]) == [
        ("#logs", f"lost:{HOST}", "its logs: the files came damaged or cut short"),
        ("/var/log/auth.log", f"lost:{HOST}", "it may not be read by its login"),
    ]


@pytest.mark.parametrize("beyond", [0, 5])
def test_of_an_endless_answer_a_bounded_part_is_kept(beyond):
    async def kept():
        stream = asyncio.StreamReader()
        stream.feed_data(bytes(MOST_BYTES + beyond))
        stream.feed_eof()
        return await output_of(stream)

    data, more = asyncio.run(kept())
    assert (len(zlib.decompress(data)), more) == (MOST_BYTES, bool(beyond))
