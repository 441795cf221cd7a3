"""Reads one host's log of logins: the journal, else the log files, else wtmp, which knows little and is said."""

import re
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from collectors.base import Raw, missing
from collectors.ssh import plan
from collectors.ssh.archive import denied, entries
from collectors.ssh.host_reader import HostReader, brief
from collectors.ssh.log_rows import LOG, LOST, WTMP
from collectors.ssh.remote import Answer, received
from collectors.turned import age, logs_of, with_those_before

# The first time, so much of the journal is asked for.
_FIRST = timedelta(days=90)
# A session that began in the night before may go on.
_OVERLAP = timedelta(days=1)
# So many pieces of a journal are read in one night, each as long as an answer may be.
_PIECES = 8
_SECOND = 1_000_000_000
_STAMP = re.compile(rb'"__REALTIME_TIMESTAMP"\s*:\s*"(\d{1,19})"')
_BLIND = re.compile(r"not seeing messages from other users|insufficient permissions")

FROM_WTMP = (
    "it has neither a journal nor a log file of sshd that can be read: its logins come from wtmp, which knows no keys, "
    "no commands and nobody who was refused"
)
"""What is said of a host whose logins nothing else tells."""


def lost_log(host: str, sentence: str, what: str = "") -> Raw:
    """A log that could not be read, or everything of a host."""
    return missing(f"ssh://{host}{what}", sentence, LOST + host)


def changed(files: list[Raw], seen: Mapping[str, str]) -> list[Raw]:
    """The files of a host that are new or have changed, and the one before each: a session may have begun in it.

    Of its other logs, the last file comes along: who did what one log tells, another may know.
    """
    found = [(log, with_those_before(log, seen)) for log in logs_of(files)]
    wanted = {raw.origin for log, new in found for raw in new or log[-1:]}
    return [raw for raw in files if raw.origin in wanted] if any(new for _, new in found) else []


class LoginsReader(HostReader):
    """What is new in one host's log."""

    seen: Mapping[str, str]
    now: datetime

    async def read(self) -> AsyncIterator[Raw]:
        """The pieces of its log, oldest first.

        Raises:
            UnansweredError: the host stopped answering.
        """
        await self.asking.begin()
        found = False
        async for raw in self._journal():
            found |= raw.part.startswith(LOG)
            yield raw
        if not found:
            for raw in self._files(await self.asking.ask(plan.LOGS)):
                yield raw

    async def _journal(self) -> AsyncIterator[Raw]:
        origin = f"ssh://{self.host}#journal"
        known = self.seen.get(origin, "").rpartition(":")[2]
        since = int(known) // _SECOND - int(_OVERLAP.total_seconds()) if known.isdigit() else self._first()
        for _ in range(_PIECES):
            answer = await self.asking.session.ask(plan.JOURNAL, since=since)
            last = _last_moment(answer)
            if last:
                # What is cut off in the middle of a line comes whole with the next piece.
                whole = answer.output()[: answer.output().rindex(b"\n") + 1] if answer.cut else answer.output()
                packed = zlib.compress(whole)
                yield received(origin, packed, LOG + self.host, f"{len(whole)}:{last}")
            if _BLIND.search(answer.said):
                yield lost_log(
                    self.host,
                    "the journal shows its login nothing but its own messages: put the login into the group "
                    "systemd-journal",
                    "#journal-rights",
                )
            if not answer.cut or last // _SECOND <= since:
                return
            since = last // _SECOND
        yield lost_log(self.host, "the journal has more than one night reads; the next one goes on", "#journal-rest")

    def _first(self) -> int:
        return max(int((self.now - _FIRST).timestamp()), 0)

    def _files(self, answer: Answer) -> Iterable[Raw]:
        prefix = f"ssh://{self.host}"
        logs: list[Raw] = []
        problems: list[Raw] = []
        try:
            for entry in entries(answer.output()):
                if entry.data:
                    raw = received(prefix + entry.path, zlib.compress(entry.data), LOG + self.host, entry.version)
                    logs.append(raw)
        except ValueError as error:
            problems.append(lost_log(self.host, f"its logs: {error}", "#logs"))
        shut = denied(answer.said)
        problems += [lost_log(self.host, "it may not be read by its login", path) for path in shut]
        wtmp = [raw for raw in logs if raw.origin.startswith(f"{prefix}/var/log/wtmp")]
        text = [raw for raw in logs if raw not in wtmp]
        if text:
            yield from changed(_oldest_first(text), self.seen)
        elif wtmp:
            yield lost_log(self.host, FROM_WTMP, "#logs")
            found = [replace(raw, part=WTMP + self.host) for raw in wtmp]
            yield from changed(_oldest_first(found), self.seen)
        elif not problems:
            why = f" ({brief(answer.said)})" if answer.said else ""
            yield lost_log(self.host, f"it has neither a journal nor a log file of sshd that can be read{why}", "#logs")
        yield from problems


def _oldest_first(files: list[Raw]) -> list[Raw]:
    return sorted(files, key=lambda raw: (age(raw.origin), raw.origin))


def _last_moment(answer: Answer) -> int:
    """When the last entry was written, in nanoseconds since 1970; 0 where there is none."""
    found = _STAMP.findall(answer.output()[-(2**17) :])
    return int(found[-1]) * 1000 if found else 0
