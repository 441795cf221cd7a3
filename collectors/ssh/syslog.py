"""Lines of a system log in the layouts that hosts write: rsyslog's ISO times, classic syslog, RFC 5424, journald JSON.

Classic lines have neither a year nor a zone. The zone is told. The year of a file's last line is the latest that puts
it neither after the audit nor after the file's last change; where the audit looks back, so that the file goes on after
it, the year of its last change. It goes back by one wherever the dates before it run over the end of a year.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from collectors.times import to_utc

_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_CLASSIC = re.compile(
    rf"(?:<\d{{1,3}}>)?({'|'.join(_MONTHS)}) {{1,2}}(\d{{1,2}}) (\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?: \S+ (.*)|.*)",
    re.DOTALL,
)
_ANY_CLASSIC = re.compile(rf"^(?:<\d{{1,3}}>)?(?:{'|'.join(_MONTHS)}) ".encode(), re.MULTILINE)
_ISO = re.compile(r"(?:<\d{1,3}>)?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*) \S+ (.*)", re.DOTALL)
# `journalctl -o short-full`: the zone stands behind the time, as the host calls it.
_FULL = re.compile(
    r"[A-Z][a-z]{2} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) ([A-Z]{2,5}|[+-]\d\d:?\d*) \S+ (.*)", re.DOTALL
)
_RFC5424 = re.compile(r"<\d{1,3}>1 (\S+) \S+ (\S+) (\S+) \S+ (?:-|(?:\[[^\]]*\])+) ?(.*)", re.DOTALL)
# BusyBox writes facility and level before the program.
_TAG = re.compile(r"(?:[a-z0-9]+\.[a-z]+ )?([^\s:\[]+)(?:\[(\d+)\])?: *(.*)", re.DOTALL)
_WATCHED = frozenset({"sudo", "su", "su-l", "doas"})
# No line of sshd or sudo is longer; a hostile one costs no time.
_MAX_LINE = 8192
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
# Dates that fall back by more than this begin another year; less is disorder.
_DISORDER_DAYS = 31
# A jump forward by more than this is a line of December that comes late, in January. Months count 31 days here.
_LATE_DAYS = 365
# Times that fall back by more than this begin the second of the two hours that summer time ends with.
_FOLD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Line:
    """A line with a time. `message` is what the program said."""

    number: int
    text: str
    time: datetime
    program: str
    pid: str
    message: str


class _Journal(msgspec.Struct, frozen=True):
    stamp: str = msgspec.field(name="__REALTIME_TIMESTAMP")
    program: str | None = msgspec.field(name="SYSLOG_IDENTIFIER", default=None)
    command: str | None = msgspec.field(name="_COMM", default=None)
    syslog_pid: str | None = msgspec.field(name="SYSLOG_PID", default=None)
    pid: str | None = msgspec.field(name="_PID", default=None)
    message: str | list[int] | None = msgspec.field(name="MESSAGE", default=None)


_journal = msgspec.json.Decoder(_Journal)


@dataclass(slots=True)
class Log:
    """One log file's text.

    Args:
        data: its bytes, unpacked.
        zone: of lines that name none.
        near: the time of the audit.
        written: when the file was last changed; None where unknown.
    """

    data: bytes
    zone: ZoneInfo
    near: datetime
    written: datetime | None
    classic: bool = False
    zoneless: bool = False
    unread: list[int] = field(default_factory=list)
    seen: int = 0

    def lines(self) -> Iterator[Line]:
        """The lines that have a time, in their order; afterwards `unread` holds the numbers of those without.

        A line without a time that follows another program's is a piece of that one's message, and no loss.
        """
        clock = _Clock(self.zone, self._first_year())
        watched = True
        for number, text in self._texts():
            self.seen += 1
            line = self._line(number, text, clock)
            if line is not None:
                watched = line.program in _WATCHED or line.program.startswith("sshd")
                yield line
            elif watched:
                self.unread.append(number)

    def _texts(self) -> Iterator[tuple[int, str]]:
        for number, raw in enumerate(io.BytesIO(self.data)):
            # A machine that lost its power leaves zeros before the next line.
            text = raw[:_MAX_LINE].decode("utf-8", "backslashreplace").lstrip("\0").rstrip("\r\n")
            if text:
                yield number, text

    def _line(self, number: int, text: str, clock: "_Clock") -> Line | None:
        try:
            if text.startswith("{"):
                return _from_journal(number, text)
            if match := _RFC5424.fullmatch(text):
                program, pid = match[2], match[3] if match[3].isdigit() else ""
                return Line(number, text, self._moment(match[1]), program, pid, match[4])
            timed = self._timed(text, clock)
        except (ValueError, OverflowError):
            return None
        return _tagged(number, text, *timed) if timed else None

    def _timed(self, text: str, clock: "_Clock") -> tuple[datetime, str] | None:
        """A line's time, and what stands behind its host; None where it begins with no time."""
        if match := _ISO.fullmatch(text):
            return self._moment(match[1]), match[2]
        if match := _FULL.fullmatch(text):
            return self._zoned(match[1], match[2]), match[3]
        if match := _CLASSIC.fullmatch(text):
            self.classic = True
            return clock.time(_stamp(match)), match[6] or ""
        return None

    def _moment(self, text: str) -> datetime:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            self.zoneless = True
            moment = moment.replace(tzinfo=self.zone)
        return to_utc(moment)

    def _zoned(self, text: str, zone: str) -> datetime:
        """A time whose zone is abbreviated: the log's own zone's abbreviations, UTC, and offsets are known.

        Raises:
            ValueError: nobody knows which zone it is.
        """
        moment = datetime.fromisoformat(text)
        if zone in ("UTC", "GMT", "Z"):
            return moment.replace(tzinfo=UTC)
        if zone[0] in "+-":
            return to_utc(datetime.fromisoformat(f"{text}{zone}"))
        for fold in (0, 1):
            local = moment.replace(tzinfo=self.zone, fold=fold)
            if local.tzname() == zone:
                return to_utc(local)
        raise ValueError(zone)

    def _first_year(self) -> int:
        """The year of the first classic line."""
        count, last, passed = _Years(), None, 0
        for _, text in self._texts() if _ANY_CLASSIC.search(self.data) else ():
            if match := _CLASSIC.fullmatch(text):
                last = _stamp(match)
                passed = count.passed(last)
        return self._year_of(last) - passed if last else self.near.year

    def _year_of(self, last: "_Stamp") -> int:
        """The year of the file's last line."""
        written = self.written or self.near
        moments = [moment for year in range(written.year - 9, written.year + 2) if (moment := self._in(year, last))]
        past = [moment for moment in moments if moment <= min(self.near, written) + _DAY]
        # A log that was still being written when it was last changed.
        live = [moment for moment in moments if abs(moment - written) <= _DAY]
        best = min(past[-1:] + live, key=lambda moment: abs(moment - self.near), default=self.near)
        return best.astimezone(self.zone).year

    def _in(self, year: int, stamp: "_Stamp") -> datetime | None:
        try:
            return to_utc(datetime(year, *stamp, tzinfo=self.zone))
        except ValueError:
            # 29 February, in most years.
            return None


_Stamp = tuple[int, int, int, int, int]


@dataclass(slots=True)
class _Years:
    """Counts how often the dates begin a new year."""

    years: int = 0
    last: int = 0

    def passed(self, stamp: _Stamp) -> int:
        """How many years have begun up to and with this line."""
        day = stamp[0] * 31 + stamp[1]
        if self.last and day - self.last > _LATE_DAYS:
            return self.years - 1
        if self.last - day > _DISORDER_DAYS:
            self.years += 1
        self.last = day
        return self.years


@dataclass(slots=True)
class _Clock:
    """Turns classic stamps into UTC, line after line."""

    zone: ZoneInfo
    year: int
    count: _Years = field(default_factory=_Years)
    before: datetime = _LONG_AGO

    def time(self, stamp: _Stamp) -> datetime:
        """The stamp's time.

        Raises:
            ValueError: there is no such date in its year.
        """
        local = datetime(self.year + self.count.passed(stamp), *stamp, tzinfo=self.zone)
        moment, second = to_utc(local), to_utc(local.replace(fold=1))
        if second > moment and moment < self.before - _FOLD <= second:
            moment = second
        self.before = moment
        return moment


def _stamp(match: re.Match[str]) -> _Stamp:
    return _MONTHS[match[1]], int(match[2]), int(match[3]), int(match[4]), int(match[5])


def _tagged(number: int, text: str, moment: datetime, rest: str) -> Line:
    tag = _TAG.fullmatch(rest)
    if tag is None:
        return Line(number, text, moment, "", "", rest)
    return Line(number, text, moment, tag[1], tag[2] or "", tag[3])


def _from_journal(number: int, text: str) -> Line:
    entry = _journal.decode(text)
    moment = _EPOCH + timedelta(microseconds=int(entry.stamp))
    message = entry.message or ""
    if isinstance(message, list):
        message = bytes(message).decode("utf-8", "backslashreplace")
    pid = entry.syslog_pid or entry.pid or ""
    return Line(number, text, moment, entry.program or entry.command or "", pid, message)
