"""Times as sources write them, turned into UTC."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def parse_time(text: str) -> datetime:
    """An ISO 8601 time with an offset, in UTC.

    Raises:
        ValueError: it is no time, has no zone, or lies outside the calendar once it is UTC.
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        raise ValueError("has no time zone")
    return to_utc(moment)


def parse_day(text: str, zone: ZoneInfo) -> datetime:
    """An ISO date as the moment at which that day begins in `zone`, in UTC.

    Raises:
        ValueError: it is no date.
    """
    return to_utc(datetime.combine(date.fromisoformat(text.strip()), time(), zone))


def to_utc(moment: datetime) -> datetime:
    """An aware time in UTC.

    Raises:
        ValueError: it lies outside the calendar then, such as year 1 east of Greenwich.
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside the calendar") from error
