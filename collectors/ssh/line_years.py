"""The years of classic lines of a system log, which write neither that nor a zone.

The zone is told. The year of a file's last line is the latest that puts it neither after the audit nor after the file's
last change; where the audit looks back, so that the file goes on after it, the year of its last change. It goes back by
one wherever the dates before it run over the end of a year.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from collectors.times import to_utc

Stamp = tuple[int, int, int, int, int]
"""Month, day, hour, minute and second."""

_DAY = timedelta(days=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
# Dates that fall back by more than this begin another year; less is disorder.
_DISORDER_DAYS = 31
# A jump forward by more than this is a line of December that comes late, in January. Months count 31 days here.
_LATE_DAYS = 365
# Times that fall back by more than this begin the second of the two hours that summer time ends with.
_FOLD = timedelta(minutes=10)


def first_year(stamps: Iterable[Stamp], zone: ZoneInfo, near: datetime, written: datetime | None) -> int:
    """The year of the first of a file's lines, at an audit `near` to it; `written` is when it was last changed."""
    count, last, passed = _Years(), None, 0
    for last in stamps:
        passed = count.passed(last)
    return _year_of(last, zone, near, written) - passed if last else near.year


def _year_of(last: Stamp, zone: ZoneInfo, near: datetime, written: datetime | None) -> int:
    """The year of a file's last line."""
    changed = written or near
    moments = [moment for year in range(changed.year - 9, changed.year + 2) if (moment := _in(year, last, zone))]
    past = [moment for moment in moments if moment <= min(near, changed) + _DAY]
    # A log that was still being written when it was last changed.
    live = [moment for moment in moments if abs(moment - changed) <= _DAY]
    best = min(past[-1:] + live, key=lambda moment: abs(moment - near), default=near)
    return best.astimezone(zone).year


def _in(year: int, stamp: Stamp, zone: ZoneInfo) -> datetime | None:
    try:
        return to_utc(datetime(year, *stamp, tzinfo=zone))
    except ValueError:
        # 29 February, in most years.
        return None


class _Years(Struct):
    """Counts how often the dates begin a new year."""

    years: int = 0
    last: int = 0

    def passed(self, stamp: Stamp) -> int:
        """How many years have begun up to and with this line."""
        day = stamp[0] * 31 + stamp[1]
        if self.last and day - self.last > _LATE_DAYS:
            return self.years - 1
        if self.last - day > _DISORDER_DAYS:
            self.years += 1
        self.last = day
        return self.years


class Clock(Struct):
    """Turns classic stamps into UTC, line after line."""

    zone: ZoneInfo
    year: int
    count: _Years = field(default_factory=_Years)
    before: datetime = _LONG_AGO

    def time(self, stamp: Stamp) -> datetime:
        """The stamp's time.

        Raises:
            ValueError: there is no such date in its year.
        """
        local = datetime(self.year + self.count.passed(stamp), *stamp, tzinfo=self.zone)
        moment, second = to_utc(local), to_utc(local.replace(fold=1))
        if second > moment and self.before - moment > _FOLD and self.before - _FOLD <= second:
            moment = second
        self.before = moment
        return moment
