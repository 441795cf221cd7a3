"""Logs of hosts over real SSH: sshd on loopback, with the journal and log files that its answers hold."""

import asyncio
import json
import zlib
from datetime import UTC, datetime, timedelta

import pytest

from auditor.demo.host_answers import archive, logins_answers
from auditor.demo.sshd import Reply
from auditor.model.tables import Activity
from collectors.ssh import plan
from collectors.ssh.host_reader import Asking
from collectors.ssh.log_rows import LOG
from collectors.ssh.logins_reader import LoginsReader
from collectors.ssh.remote import Answer, Target
from tests.collectors.ssh.records import PC, wtmp

WEB, JOBS = "web-1.harbour.example", "jobs-1.harbour.example"
KEY = "SHA256:mVwRZNsTn7E0bXUBpWvCUdDYy1pVx0XyJ9hQZ0aKc3E"
ACCEPTED = f"Accepted publickey for nina from 198.51.100.7 port 50022 ssh2: ED25519 {KEY}"
MORNING = datetime(2026, 2, 28, 9, 0, tzinfo=UTC)


def entry(moment, message, program="sshd", pid="812"):
    stamp = str(int(moment.timestamp() * 1_000_000))
    told = {"__REALTIME_TIMESTAMP": stamp, "SYSLOG_IDENTIFIER": program, "_PID": pid, "MESSAGE": message}
    return json.dumps({"__CURSOR": f"s=1;t={stamp}", **told}) + "\n"


JOURNAL = entry(MORNING, ACCEPTED) + entry(
    MORNING.replace(minute=5),
    "nina : TTY=pts/0 ; PWD=/home/nina ; USER=root ; COMMAND=/usr/bin/systemctl restart shop",
    "sudo",
    "900",
)
ISO = f"2026-02-28T10:00:00+01:00 web-1 sshd[812]: {ACCEPTED}\n"
CLASSIC = f"Feb 27 10:00:00 web-1 sshd[700]: {ACCEPTED}\n"


def acts(got):
    return [row for row in got.rows(Activity) if row.action != "log:heartbeat"]


def reason(got, host=WEB):
    (row,) = [row for row in got.coverage if row.scope == host]
    return row.status, row.reason


def seen(got):
    return {entry.origin: entry.version for entry in got.objects}


def test_the_journal_tells_logins_with_keys_and_sudo_commands(hosts, context, collect):
    got = collect(hosts.logins(context, {WEB: hosts.start(answers=logins_answers(JOURNAL))}))
    login, command = acts(got)
    assert (login.time, login.credential, login.source_ip) == (MORNING, f"ssh-key:{KEY}", "198.51.100.7")
    assert (command.action, command.category) == ("sudo:systemctl", "change")
    assert command.session == login.session
    assert login.origin == f"ssh://{WEB}#journal"
    assert reason(got) == ("ok", None)
    assert all(raw.original for raw in got.batches[0])


def test_the_next_night_asks_for_what_is_new_and_a_day_before_it(hosts, context, collect):
    first = collect(hosts.logins(context, {WEB: hosts.start(answers=logins_answers(JOURNAL))}))
    last = int(MORNING.replace(minute=5).timestamp())
    later = entry(MORNING.replace(hour=12), "Disconnected from user nina 198.51.100.7 port 50022")
    answers = {
        plan.WHO.line(): Reply(b"1000"),
        plan.JOURNAL.line(since=last - 86400): Reply((JOURNAL + later).encode()),
    }
    again = collect(hosts.logins(context, {WEB: hosts.start(answers=answers)}), seen(first))
    assert [row.action for row in acts(again)] == ["ssh:login", "sudo:systemctl", "ssh:logout"]
    # What was read before is the same event.
    assert [row.event_id for row in acts(again)][:2] == [row.event_id for row in acts(first)]
    assert {row.session for row in acts(again)} == {acts(first)[0].session}


def test_without_a_journal_log_files_are_read_oldest_first(hosts, context, collect):
    answers = logins_answers(files={"/var/log/auth.log": ISO, "/var/log/auth.log.1": CLASSIC})
    got = collect(hosts.logins(context, {WEB: hosts.start(answers=answers)}))
    assert [row.time.day for row in acts(got)] == [27, 28]
    assert acts(got)[1].origin == f"ssh://{WEB}/var/log/auth.log"
    status, said = reason(got)
    assert status == "ok"
    assert said == "times without a zone were read in Europe/Berlin and the year inferred"


def test_files_that_have_not_changed_are_not_read_again(hosts, context, collect):
    files = {
        "/var/log/secure": ISO,
        "/var/log/secure-20260222": CLASSIC,
        "/var/log/secure-20260215": CLASSIC.replace("27", "14"),
    }
    answers = logins_answers(files=files)
    server = hosts.start(answers=answers)
    first = collect(hosts.logins(context, {WEB: server}))
    assert collect(hosts.logins(context, {WEB: server}), seen(first)).batches == []
    grown = {**answers, plan.LOGS.line(sudo=True): Reply(archive({**files, "/var/log/secure": ISO * 2}))}
    again = collect(hosts.logins(context, {WEB: hosts.start(answers=grown)}), seen(first))
    names = [raw.origin.rpartition("/")[2] for raw in again.batches[0]]
    assert names == ["secure-20260222", "secure"]


def test_wtmp_is_better_than_nothing_and_that_is_said(hosts, context, collect):
    data = wtmp(PC, (7, 812, "pts/0", "nina", "198.51.100.7", MORNING))
    got = collect(hosts.logins(context, {WEB: hosts.start(answers=logins_answers(files={"/var/log/wtmp": data}))}))
    (login,) = acts(got)
    assert (login.account, login.time, login.credential) == (f"ssh:nina@{WEB}", MORNING, None)
    status, said = reason(got)
    assert status == "partial"
    assert "its logins come from wtmp, which knows no keys" in said
    collector = hosts.logins(context, {WEB: "127.0.0.1:1"})
    assert "user=nina" in collector.quote(data, login.record)


def test_a_journal_that_its_login_may_not_see_is_said(hosts, context, collect):
    said = "Hint: You are currently not seeing messages from other users and the system."
    blind = {plan.JOURNAL.line().removesuffix("0"): Reply(said=said)}
    denied = Reply(archive({}), "/usr/bin/tar: /var/log/auth.log: Cannot open: Permission denied\n", 2)
    answers = {**logins_answers(), **blind, plan.LOGS.line(sudo=True): denied}
    got = collect(hosts.logins(context, {WEB: hosts.start(answers=answers)}))
    status, words = reason(got)
    assert status == "failed"
    assert "put the login into the group systemd-journal" in words
    assert "auth.log: it may not be read by its login" in words


def test_a_host_without_any_log_is_said_and_the_others_go_on(hosts, context, collect):
    where = {
        WEB: hosts.start(answers=logins_answers(JOURNAL)),
        JOBS: hosts.start(answers=logins_answers()),
        "down": "127.0.0.1:1",
    }
    got = collect(hosts.logins(context, where))
    assert len(acts(got)) == 2
    assert reason(got)[0] == "ok"
    assert reason(got, JOBS) == (
        "failed",
        "logs: it has neither a journal nor a log file of sshd that can be read",
    )
    assert reason(got, "down") == ("failed", "nothing answers at 127.0.0.1 port 1: the host or its sshd is down")


class LongJournal:
    """A host that answers with three lines and a piece of the fourth."""

    target = Target(WEB, WEB, 22)

    def __init__(self, lines):
        self.lines = lines
        self.asked = []

    async def ask(self, command, *, sudo=False, since=0, given=b""):
        del sudo, given
        if command is plan.WHO:
            return Answer(0, zlib.compress(b"1000"), "")
        self.asked.append(since)
        rest = [line for moment, line in self.lines if moment.timestamp() >= since]
        cut = len(rest) > 3
        text = "".join(rest[:3]) + rest[3][:40] if cut else "".join(rest)
        return Answer(0, zlib.compress(text.encode()), "", cut=cut)


@pytest.mark.parametrize(("count", "left"), [(12, False), (40, True)])
def test_a_long_journal_is_read_in_pieces_and_what_is_left_is_said(count, left):
    moments = [MORNING + timedelta(seconds=number) for number in range(count)]
    lines = [(moment, entry(moment, ACCEPTED)) for moment in moments]

    journal = LongJournal(lines)

    async def read():
        reader = LoginsReader(Asking(journal), {}, MORNING)
        return [raw async for raw in reader.read()]

    raws = asyncio.run(read())
    pieces = [raw.load().decode() for raw in raws if raw.part.startswith(LOG)]
    assert all(piece.endswith("\n") for piece in pieces)
    assert journal.asked[0] == (MORNING - timedelta(days=90)).timestamp()
    found = {line for piece in pieces for line in piece.splitlines(keepends=True)}
    assert (found == {line for _, line in lines}) is not left
    assert any("has more than one night reads" in raw.missing for raw in raws) is left


@pytest.mark.parametrize("said", ["hello", "\x00\xff", ""])
def test_noise_instead_of_a_journal_is_no_journal(hosts, context, collect, said):
    answers = {**logins_answers(), plan.JOURNAL.line().removesuffix("0"): Reply(said.encode())}
    got = collect(hosts.logins(context, {WEB: hosts.start(answers=answers)}))
    assert acts(got) == []
    assert reason(got)[0] == "failed"


@pytest.mark.golden
def test_what_hosts_tell_is_told_whole(hosts, context, collect, told_whole):
    failed = entry(MORNING, f"Failed publickey for root from 45.1.2.3 port 9 ssh2: ED25519 {KEY}", pid="7")
    refused = "mallory : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"
    journal = JOURNAL + failed + entry(MORNING.replace(minute=6), refused, "sudo", "901") + "{}\nno journal\n"
    data = wtmp(PC, (7, 812, "pts/0", "nina", "198.51.100.7", MORNING), (8, 812, "pts/0", "", "", MORNING))
    web = hosts.start(answers=logins_answers(journal))
    jobs = hosts.start(answers=logins_answers(files={"/var/log/wtmp": data}))
    told_whole("ssh-logins-live", collect(hosts.logins(context, {WEB: web, JOBS: jobs})))
