"""The nights of the audit, and the days of the story, counted back from the one of them that it is told from."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from msgspec import Struct

ZONE = ZoneInfo("Europe/Berlin")
NIGHT = time(3, 10, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
# Weeks before the night that the story is told from: two months, one month, and one week.
EARLIER = (9, 4, 1)
NIGHTS = len(EARLIER) + 1
WEEKS_OF_LOGS = EARLIER[0] + 5
_SATURDAY = 5


class Calendar(Struct, frozen=True, dict=True):
    """Times relative to the night that the story is told from.

    Args:
        told: time of that night's audit, UTC.
        night: which audit this is, from 1. The last of `NIGHTS` is the one that the story is told from; each after it
            is a day later.
    """

    told: datetime
    night: int = NIGHTS

    @property
    def at(self) -> datetime:
        """Time of this night's audit."""
        if self.night < NIGHTS:
            return self.told - EARLIER[self.night - 1] * WEEK
        return self.told + (self.night - NIGHTS) * DAY

    @property
    def begins(self) -> datetime:
        """Where the company's logs begin: some days before the first audit's period."""
        return self.told - WEEKS_OF_LOGS * WEEK

    @cached_property
    def today(self) -> date:
        """The date, where the company is, of the night that the story is told from."""
        return self.told.astimezone(ZONE).date()

    @property
    def cleaned_up(self) -> datetime:
        """When Mia takes away, with the cleanup script, what was decided after the night a week before."""
        return clock(self.workday(5), "09:31")

    def over(self, back: int) -> bool:
        """Whether this night comes after what was so many days before the one that the story is told from."""
        return self.told - back * DAY < self.at

    def logged(self, moment: datetime) -> bool:
        """Whether the logs tell of a moment at this night's audit."""
        return self.begins <= moment < self.at

    def day(self, back: int) -> date:
        """So many days before the night that the story is told from."""
        return self.today - back * DAY

    def workday(self, back: int) -> date:
        """So many working days before the night that the story is told from."""
        return _workday(self.today, back)

    def last_workday(self, back: int) -> date:
        """The same, but counted from this night where that is not over yet."""
        day = self.workday(back)
        now = self.at.astimezone(ZONE).date()
        return day if day < now else _workday(now, back)

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


def _workday(day: date, back: int) -> date:
    while back:
        day -= DAY
        back -= works(day)
    return day
