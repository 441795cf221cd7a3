"""A beginning and an end that people write into one field: `14.10.2026 08:50 - 09:30`, `8:50 AM (GMT+2) → 9:30 AM`."""

import re
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from collectors.relative_times import parse_about

_BETWEEN = re.compile(
    r"\s*(?:\u2192|->|\u2013|\u2014|\.\.+)\s*|(?<=[\dZmM])/(?=\d{4}-)"
    r"|(?<=:\d\d|\d[ap]m)\s*-\s*(?=\d)|,\s+(?=\d+ ?(?:m(?:in\w*)?|h\w*|std\w*)\b)"
    r"|\s+(?:-|and|to|until|till|til|through|thru|for|bis|für|und"
    r"|au|à|pour|jusqu['\u2019]à|hasta|al|a|tot|até|fino a)\s+",
    re.IGNORECASE,
)
_FROM = re.compile(r"^(?:from|between|von|vom|ab|zwischen|de|du|desde|del|dal|van|das)\s+", re.IGNORECASE)
_ZONE = re.compile(
    r"\s+\(?((?:utc|gmt)?\s?[+-]\d{1,2}(?::?\d{2})?|utc|gmt|[a-z]{2,4}t|mesz|mez|[a-z_]+/[a-z_/]+)\)?$", re.IGNORECASE
)
# No two times need more; whatever is longer is told in sentences.
_LONGEST = 200


def parse_span(text: str, zone: ZoneInfo, base: datetime | None) -> tuple[datetime, datetime]:
    """When something begins and ends, told in one text; a zone that one of the two names is that of both.

    Args:
        text: as people write it.
        zone: in which it is meant.
        base: from when on; without it, times of day mean nothing.

    Raises:
        ValueError: it is no such text, or one time alone: `2026-10-14T08:50-05:00` ends no hour.
    """
    if len(text) > _LONGEST:
        raise ValueError("it is too long to be a beginning with an end")
    if _is_time(text, zone, base):
        raise ValueError("it is one time, and no beginning with an end")
    plain = _FROM.sub("", " ".join(text.split()).strip(" .`"))
    for between in _BETWEEN.finditer(plain):
        first, last = _in_one_zone(plain[: between.start()], plain[between.end() :])
        with suppress(ValueError):
            begins = parse_about(first, zone, base)
            ends = parse_about(last, zone, begins, fold=1)
            if begins < ends:
                return begins, ends
    raise ValueError("it is no beginning with an end")


def _is_time(text: str, zone: ZoneInfo, base: datetime | None) -> bool:
    try:
        parse_about(text, zone, base)
    except ValueError:
        return False
    return True


def _in_one_zone(first: str, last: str) -> tuple[str, str]:
    here, there = _ZONE.search(first), _ZONE.search(last)
    if here and not there and any(letter.isdigit() for letter in last):
        last = f"{last} {here[1]}"
    if there and not here:
        first = f"{first} {there[1]}"
    return first, last
