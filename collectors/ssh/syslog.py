"""The lines of a system log, each with its time in UTC."""

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from collectors.base import as_text
from collectors.json_values import Broken
from collectors.packing import utf8
from collectors.ssh.journal import SUDO_FILE, journal_entries
from collectors.ssh.layouts import CEE, enhanced, entry_in, entry_of, is_comment
from collectors.ssh.line_times import Written
from collectors.ssh.line_years import Clock, Stamp, first_year
from collectors.ssh.sshd_lines import AS_ANOTHER, SFTP, is_sudo_json
from collectors.times import HOURS_AHEAD, to_utc

# The day and clock of a classic line. To look everywhere for the names of months takes longer than to read a file.
_ANY_CLASSIC = re.compile(rb" \d\d?,? \d\d:\d\d:\d\d")
# What a logger writes for a message that a program wrote again.
_REPEATED = re.compile(r"message repeated \d+ times: \[ ?(.*)\]", re.DOTALL)
_SPOKEN_OF = re.compile(r"\b(?:sshd|sudo)\b")
_SERVERS = ("sshd", "dropbear", "tailscaled")

_Text = tuple[int, str | Mapping[str, Any]]
_WATCHED = frozenset({*AS_ANOTHER, *SFTP, "login", SUDO_FILE})
# No line of sshd or sudo is longer; a hostile one costs no time.
_MAX_LINE = 8192
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HALF_A_YEAR = 6
# So many lines tell in which order a log is written.
_LOOKED_AT = 200
# So soon a shipper that keeps up writes its own time; one that is behind by more may be behind by hours.
_AT_ONCE, _LATE = timedelta(minutes=2), timedelta(minutes=20)


class Line(Struct, frozen=True):
    """A line with a time. `message` is what the program said."""

    number: int
    text: str
    time: datetime
    program: str
    pid: str
    message: str
    host: str = ""


class Log(Struct):
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
    in_utc: bool = False
    unread: list[int] = field(default_factory=list)
    unnamed: list[int] = field(default_factory=list)
    untold: list[int] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    seen: int = 0
    named: int = 0

    def lines(self) -> Iterator[Line]:
        """The lines that have a time, in their order.

        Afterwards `unread` holds the numbers of those without, `untold` of those without a message, `unnamed` of those
        that speak of sshd or sudo and name no program, and `broken` what is said of pieces that are no lines. A line
        without a time that follows another program's is a piece of that one's message, and no loss.
        """
        clock = Clock(self.zone, first_year(self._stamps(), self.zone, self.near, self.written))
        watched = True
        for number, text in self._texts():
            self.seen += 1
            if isinstance(text, Broken):
                self.broken.append(text)
                continue
            line = self._line(number, text, clock)
            if line is not None:
                watched = _is_watched(line.program)
                if not line.program and _SPOKEN_OF.search(line.text):
                    self.unnamed.append(number)
            if line is not None and not (watched and line.message.startswith(CEE) and not is_sudo_json(line.message)):
                yield line
            elif watched:
                self.unread.append(number)

    def _texts(self) -> Iterator[_Text]:
        """Each line, or the fields of an entry that takes several; oldest first, as searches of logs seldom write them.

        What was done in a session is known by the login before it.
        """
        told = self._told()
        first = list(islice(told, _LOOKED_AT))
        yield from reversed([*first, *told]) if _newest_first(first) else chain(first, told)

    def _told(self) -> Iterator[_Text]:
        """The same as it is written."""
        data = utf8(self.data)
        several = journal_entries(data)
        if several is not None:
            yield from several
            return
        for number, raw in enumerate(io.BytesIO(data)):
            # A machine that lost its power leaves zeros before the next line.
            text = as_text(raw[:_MAX_LINE]).lstrip("\0").rstrip("\r\n")
            if text and not is_comment(text):
                yield number, text

    def _line(self, number: int, text: str | Mapping[str, Any], clock: Clock) -> Line | None:
        try:
            entry = entry_of(text) if isinstance(text, str) else entry_in(text)
            if entry is None:
                return None
            if entry.message.startswith(CEE):
                entry = enhanced(entry)
            moment = self._moment(entry.time, clock, entry.about)
        except (ValueError, OverflowError, RecursionError):
            return None
        self.named += bool(entry.program)
        said = text if isinstance(text, str) else json.dumps(text, ensure_ascii=True, sort_keys=True)
        repeated = _REPEATED.fullmatch(entry.message)
        message = repeated[1] if repeated else entry.message
        program = entry.program.rpartition("/")[2] if entry.program.startswith("/") else entry.program
        # Some say more of themselves in brackets: `polkitd(authority=local)`.
        program = program.partition("(")[0] or program
        if entry.untold and _is_watched(program):
            self.untold.append(number)
        return Line(number, said, moment, program, entry.pid, message, entry.host)

    def _moment(self, time: Written, clock: Clock, about: Written | None = None) -> datetime:
        """A time as written in UTC.

        Raises:
            ValueError: there is no such time, or nobody knows its zone.
            OverflowError: it lies outside the calendar.
        """
        if about and not about.stamp and not time.tells_zone:
            return self._beside(time, self._moment(about, clock), told=about.tells_zone)
        if time.stamp:
            self.classic = True
            return clock.time(time.stamp)
        if time.zone:
            return self._zoned(time.text, time.zone)
        if time.is_count:
            return _EPOCH + timedelta(seconds=float(time.text))
        moment = datetime.fromisoformat(time.text)
        if moment.tzinfo is None:
            self.zoneless = True
            moment = moment.replace(tzinfo=self.zone)
        return to_utc(moment)

    def _beside(self, time: Written, near: datetime, *, told: bool) -> datetime:
        """A time without a zone beside a shipper's, which knows the year, and which of two hours that are one is meant.

        Where the shipper wrote at that moment in UTC, and not by the log's own zone, the host's clock is in UTC; unless
        it is not `told` which zone the shipper's time is in.

        Raises:
            ValueError: there is no such time.
        """
        years = (near.year - 1, near.year, near.year + 1)
        local = [datetime.fromisoformat(time.text)] if time.text else [*filter(None, (time.in_year(y) for y in years))]
        own = [to_utc(one.replace(tzinfo=self.zone, fold=fold)) for one in local for fold in (0, 1)]
        best = min(own, key=lambda moment: abs(moment - near))
        in_utc = min((one.replace(tzinfo=UTC) for one in local), key=lambda moment: abs(moment - near))
        if told and abs(in_utc - near) <= _AT_ONCE and abs(best - near) > _LATE:
            self.in_utc = True
            return in_utc
        self.zoneless = True
        return best

    def _zoned(self, text: str, zone: str) -> datetime:
        """A time whose zone is abbreviated: those of the log's own zone, of UTC, and a few that mean one thing only.

        Raises:
            ValueError: nobody knows which zone it is.
        """
        moment = datetime.fromisoformat(text)
        if zone[0] in "+-":
            return to_utc(datetime.fromisoformat(f"{text}{zone}"))
        for fold in (0, 1):
            local = moment.replace(tzinfo=self.zone, fold=fold)
            if local.tzname() == zone:
                return to_utc(local)
        if zone not in HOURS_AHEAD:
            raise ValueError(zone)
        return (moment - timedelta(hours=HOURS_AHEAD[zone])).replace(tzinfo=UTC)

    def _stamps(self) -> Iterator[Stamp]:
        """Those of the classic lines."""
        texts = self._texts() if _ANY_CLASSIC.search(utf8(self.data)) else ()
        return (stamp for _, text in texts if isinstance(text, str) and (stamp := _classic(text)))


def _is_watched(program: str) -> bool:
    return program in _WATCHED or program.startswith(_SERVERS)


def _newest_first(texts: Iterable[_Text]) -> bool:
    """Whether most lines are older than the one before: not just once, as where a clock was set back."""
    times = [(one.stamp or (0, 0, 0, 0, 0), one.text) for _, text in texts if (one := _time_of(text))]
    pairs = list(pairwise(times))
    # From December to January a time without its year only seems to fall.
    turned = sum(before[0] - after[0] > _HALF_A_YEAR for (before, _), (after, _) in pairs)
    falls = sum(after < before for before, after in pairs) - turned
    return falls > 1 and falls > 2 * sum(before < after for before, after in pairs)


def _time_of(text: str | Mapping[str, Any]) -> Written | None:
    try:
        entry = entry_of(text) if isinstance(text, str) else entry_in(text)
    except (ValueError, RecursionError):
        return None
    return entry.time if entry else None


def _classic(text: str) -> Stamp | None:
    """The stamp of a classic line."""
    if text.startswith("{"):
        return None
    try:
        entry = entry_of(text)
    except ValueError:
        return None
    return entry.time.stamp if entry and entry.about is None else None
