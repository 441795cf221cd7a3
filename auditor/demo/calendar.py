"""The days of the story, counted from the night of the first audit."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
NIGHT = time(3, 10, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS_BEFORE = 36
_SATURDAY = 5


@dataclass(frozen=True)
class Calendar:
    """Times relative to the first night.

    Args:
        first: time of the first audit, UTC.
        nights: audits until now, this one included.
    """

    first: datetime
    nights: int = 1

    @property
    def at(self) -> datetime:
        """Time of this night's audit."""
        return self.first + (self.nights - 1) * DAY

    @property
    def begins(self) -> datetime:
        """Where the company's logs begin: some days before the first audit's period."""
        return self.first - DAYS_BEFORE * DAY

    @cached_property
    def today(self) -> date:
        """The first night's date where the company is."""
        return self.first.astimezone(ZONE).date()

    def day(self, back: int) -> date:
        """So many days before the first night."""
        return self.today - back * DAY

    def workday(self, back: int) -> date:
        """So many working days before the first night."""
        day = self.today
        while back:
            day -= DAY
            back -= works(day)
        return day

    def dates(self) -> list[date]:
        """Every day that the logs cover, in order."""
        last = self.at.astimezone(ZONE).date()
        day = self.begins.astimezone(ZONE).date()
        return [day + number * DAY for number in range((last - day).days + 1)]


def works(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < _SATURDAY


def clock(day: date, text: str) -> datetime:
    """A time of day where the company is, as UTC."""
    return datetime.combine(day, time.fromisoformat(text), ZONE).astimezone(UTC)


def last_night(now: datetime) -> datetime:
    """The latest time of the nightly audit that is over."""
    tonight = datetime.combine(now.astimezone(UTC).date(), NIGHT)
    return tonight if tonight <= now else tonight - DAY
