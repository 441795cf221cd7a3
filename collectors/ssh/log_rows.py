"""One host's log as rows: who logged in, what they did through sudo, and that the log was alive."""

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditor.model.tables import Activity
from collectors.base import Raw
from collectors.problems import Problems
from collectors.reading import Origin, Reading
from collectors.ssh.clocks import in_utc, written
from collectors.ssh.hosts import Hosts
from collectors.ssh.journal import SUDO_FILE
from collectors.ssh.log_acts import HostActs
from collectors.ssh.lost_lines import left_out
from collectors.ssh.syslog import Line, Log
from collectors.ssh.wtmp import layout_of, remembered
from collectors.turned import logs_of

# So far ahead a clock may be.
_SKEW = timedelta(minutes=5)
# How the lines of a session's end begin. Of a second, they are read last.
_ENDS = ("pam_unix(sshd:session): session closed", "Received disconnect", "Disconnected from", "Connection closed")
# So many seconds later sudo's own file is read than what the host's log tells of the same command.
_BEHIND = 2
_TO_SECONDS = len("2026-10-14T07:00:00")
# What a raw object is: a host's log, its wtmp, a log that cannot be had, another file.
LOG, WTMP, LOST, OTHER = "log:", "wtmp:", "lost:", "other"


class _Stretch(Struct):
    """From when to when a log has lines."""

    first: datetime | None = None
    last: datetime | None = None

    def see(self, moment: datetime) -> None:
        """Stretch it over a moment."""
        self.first = min(self.first or moment, moment)
        self.last = max(self.last or moment, moment)


class _Told(Struct, frozen=True):
    """A line, the file that has it, and how often that file told the same in each second."""

    line: Line
    origin: Origin
    repeats: Counter[tuple[str, str]]

    @property
    def turn(self) -> tuple[float, bool]:
        """When it is read, among lines of other files: seconds since 1970, and whether after others of that moment."""
        behind = _BEHIND * (self.line.program == SUDO_FILE)
        return self.line.time.timestamp() + behind, self.line.message.startswith(_ENDS)


class HostLog:
    """Reads the log files of one host: each log oldest first, several side by side as time goes on.

    `host` is empty for files that are no host's log.
    """

    def __init__(self, host: str, reading: Reading, place: str) -> None:
        self.host = host
        self.reading = reading
        self.place = place
        self.hours: set[datetime] = set()
        self.beats: set[datetime] = set()
        self.stretch = _Stretch()
        self.remarks: list[str] = []
        self.problems = Problems()
        self.rows = 0
        self.acts = HostActs(host)
        self.hosts = Hosts(host, reading.context.hosts)
        self.others: dict[str, HostLog] = {}
        self.empty: list[Origin] = []
        self.in_utc: frozenset[str] = frozenset()

    def read(self, raws: Sequence[Raw]) -> None:
        """Read the files, with a line of coverage for the host."""
        origins: list[Origin] = []
        self.in_utc = in_utc(raws, self.reading.context)
        told = [self._log(log, origins) for log in logs_of(raws)]
        for one in heapq.merge(*told, key=lambda one: one.turn):
            self._of(self.hosts.of(one.line.host)).take(one)
        self._finish(origins)
        if self.host:
            self.remarks += self.hosts.remarks()
            self.cover(origins, raws[-1].origin)
            for other in self.others.values():
                other.remarks.append(f"read from the log of {self.host}, whose lines name it")
                other.cover((), raws[-1].origin)
        elif self.problems:
            self.reading.cover(self.place, self.problems, 0, window=(None, None), origins=(), origin=self.place)

    def cover(self, origins: Sequence[Origin], origin: str) -> None:
        """Add its line of coverage."""
        if self.acts.sudo.lack_commands:
            self.problems.note("sudo was used, and none of its lines with the command is in it")
        if self.acts.lack_logins:
            self.problems.note("sessions of sshd began, and no line says who was let in: its LogLevel is below INFO")
        self.reading.cover(
            self.host,
            self.problems,
            self.rows,
            window=(self.stretch.first, self.stretch.last),
            origins=origins,
            origin=origin,
            remark="; ".join(dict.fromkeys(self.remarks)) or None,
        )

    def _add(self, row: Activity) -> None:
        self.rows += 1
        self.reading.add(row)

    def _log(self, raws: Sequence[Raw], origins: list[Origin]) -> Iterator[_Told]:
        """The lines of one log's files."""
        for raw in raws:
            origin = self.reading.open(raw)
            origins.append(origin)
            if not origin.lost and not raw.skipped:
                try:
                    yield from self._take(origin)
                except ValueError as error:
                    origin.lose(str(error))
            # A busy host's logs are large, and its rows need them no more.
            origin.data = b""

    def _finish(self, origins: Sequence[Origin]) -> None:
        """Take in what is said of the files, which may be that none of them had a line."""
        for origin in origins:
            name = origin.raw.origin.rpartition("/")[2].removeprefix(self.host).removeprefix("#")
            if origin in self.empty and not self.stretch.last:
                origin.problems.note("it is empty")
            if self.host:
                self.problems.include(origin.problems, name)
            elif origin.raw.missing:
                self.problems.reject(origin.raw.missing, origin.raw.origin)

    def _take(self, origin: Origin) -> Iterator[_Told]:
        text = origin.content()
        if origin.raw.part.startswith(WTMP):
            for row in remembered(text, layout_of(text), self.host, origin):
                self.stretch.see(row.time)
                self._add(row)
            return
        context = self.reading.context
        zone = ZoneInfo("UTC" if origin.raw.origin in self.in_utc else context.zone)
        log = Log(text, zone, context.collected_at, written(origin.raw))
        yield from self._lines(log, origin)
        origin.lost = log.seen > 0 and not log.named
        self._judge(log, origin.problems)
        if not log.seen:
            self.empty.append(origin)

    def _judge(self, log: Log, problems: Problems) -> None:
        for sentence in log.broken:
            problems.reject(sentence)
        for number in log.unread:
            problems.reject("a line has no time that can be read", f"line {number + 1}")
        for number in log.untold:
            problems.reject(
                "a line of sshd or sudo has no message: journalctl keeps long ones with --all", f"line {number + 1}"
            )
        for number in log.unnamed if log.named else ():
            problems.reject("a line speaks of sshd or sudo and does not name the program", f"line {number + 1}")
        if log.seen > len(log.unread) and not log.named:
            problems.note("no line of it names the program that wrote it, so no login can be told")

    def _remark(self, log: Log, origin: Origin, ahead: datetime) -> None:
        if ahead > max(log.near, log.written or log.near) + _SKEW:
            self.problems.note("its clock is ahead, or its times are of another zone: it has lines of the future")
        elif ahead > log.near + _SKEW:
            self.remarks.append(f"lines after {log.near:%Y-%m-%d %H:%M} UTC wait for a later audit")
        if log.in_utc:
            self.remarks.append("times without a zone were read in UTC: so a log shipper's beside them say")
            origin.remarks.note_once(self.remarks[-1])
        if log.classic or log.zoneless:
            year = " and the year inferred" if log.classic else ""
            proof = ": so another log of the host says" if origin.raw.origin in self.in_utc else ""
            self.remarks.append(f"times without a zone were read in {log.zone.key}{year}{proof}")
            origin.remarks.note_once(self.remarks[-1])

    def _lines(self, log: Log, origin: Origin) -> Iterator[_Told]:
        repeats: Counter[tuple[str, str]] = Counter()
        last: dict[str, Line] = {}
        latest = log.near
        for line in log.lines():
            yield _Told(line, origin, repeats)
            last[self.hosts.of(line.host)] = line
            latest = max(latest, line.time)
        for host, line in last.items():
            self._of(host).beat(line, origin)
        self._remark(log, origin, latest)

    def _of(self, host: str) -> "HostLog":
        """The log of a host whose lines stand in this one's files."""
        if host == self.host:
            return self
        if host not in self.others:
            self.others[host] = HostLog(host, self.reading, self.place)
        return self.others[host]

    def take(self, one: _Told) -> None:
        """Add what a line tells."""
        line = one.line
        self.stretch.see(line.time)
        self._alive(line, one.origin)
        if left_out(line):
            self.problems.note("what keeps the log dropped lines when too many came", f"{line.time:%Y-%m-%d %H:%M} UTC")
        for told, act in self.acts.of(line):
            # The host's journal and its log files, or a log host's, tell the same in other words around it.
            said = told.time.isoformat()[:_TO_SECONDS], " ".join(told.message.split())
            one.repeats[said] += 1
            self._tell(told, one.origin, *said, str(one.repeats[said]), **act)

    def _alive(self, line: Line, origin: Origin) -> None:
        """The first line of each hour is kept as a sign of life, so that a silence shows to within the hour."""
        hour = line.time.replace(minute=0, second=0, microsecond=0)
        if hour not in self.hours:
            self.hours.add(hour)
            self.beat(line, origin)

    def beat(self, line: Line, origin: Origin) -> None:
        """Add a sign of life."""
        if line.time in self.beats:
            return
        self.beats.add(line.time)
        # Made from host and time alone: the same moment read again, from a longer or rotated file, is the same.
        event, alive = ("heartbeat", line.time.isoformat()), {"actor_kind": "log", "action": "log:heartbeat"}
        self._tell(line, origin, *event, category="read", level="read", outcome="ok", **alive)

    def _tell(self, line: Line, origin: Origin, *event: str, **told: Any) -> None:
        """Add an act, whose id is made of what tells it apart on its host."""
        row = Activity(
            **origin.at(line.number),
            event_id=_id(self.host, *event),
            time=line.time,
            provider="ssh",
            scope=self.host,
            resource=self.host,
            **told,
        )
        self._add(row)


def _id(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]
