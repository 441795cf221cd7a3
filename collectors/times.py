"""Times as sources write them, turned into UTC."""

from contextlib import suppress
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

_FORMS = ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d/%b/%y %I:%M %p", "%d %b %Y %H:%M")


def parse_time(text: str) -> datetime:
    """An ISO 8601 time with an offset, in UTC.

    Raises:
        ValueError: it is no time, has no zone, or lies outside the calendar once it is UTC.
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        raise ValueError("has no time zone")
    return to_utc(moment)


def parse_utc(text: str) -> datetime:
    """A time with an offset, or as tables of logs have it, which is UTC: `2026-10-14 09:10:00.000`.

    Raises:
        ValueError: it is no such time, or lies outside the calendar once it is UTC.
    """
    date_, space, clock = text.strip().removesuffix(" UTC").partition(" ")
    if not space or "+" in clock or "-" in clock:
        return parse_time(text)
    return datetime.fromisoformat(f"{date_}T{clock.removesuffix('Z')}+00:00").astimezone(UTC)


def parse_local(text: str, zone: ZoneInfo) -> tuple[datetime, bool]:
    """A time as people and spreadsheets write it, in UTC, and whether it said its zone; else it is in `zone`.

    `2026-10-14 06:50:00 UTC`, `14.10.2026 08:50` and `14/Oct/26 8:50 AM` are read; where day and month could be
    confused (`04/05/2026`), nothing is.

    Raises:
        ValueError: it is no such time.
    """
    text = text.strip()
    for suffix in (" UTC", " GMT"):
        if text.endswith(suffix):
            return to_utc(_local(text.removesuffix(suffix)).replace(tzinfo=UTC)), True
    moment = _local(text)
    return to_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone)), moment.tzinfo is not None


def _local(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        for form in _FORMS:
            with suppress(ValueError):
                return datetime.strptime(text, form)  # noqa: DTZ007 - the caller gives it its zone
        raise


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
