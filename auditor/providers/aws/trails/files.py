"""The CloudTrail files that were read, by name: names are unique, and say account, region and time."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import TypeVar

from auditor.model.groups import grouped
from auditor.model.tables import ReadObject, Row

_LOG = re.compile(r"(\d{12})_CloudTrail_([a-z0-9-]{1,30})_(\d{8}T\d{4})Z_.*")
_DIGEST = re.compile(r"(\d{12})_CloudTrail-Digest_(.+)_(\d{8}T\d{6})Z\.json")
_DAY = re.compile(r"/(\d{4})/(\d{2})/(\d{2})/[^/]+$")

R = TypeVar("R", bound=Row)
Place = tuple[str, str]
"""An AWS account and a region."""


def name_of(place: str) -> str:
    """The name of a file, packed or not, at the end of a key, path or address."""
    return place.rsplit("/", 1)[-1].removesuffix(".gz")


class LogFiles:
    """What one source read. `logs` has the log files of each place by name, and when each was written."""

    def __init__(self, objects: Iterable[ReadObject]) -> None:
        self._by_name = grouped((name_of(row.origin), row) for row in newest(objects))
        self.logs = _logs(self._by_name)

    @property
    def until(self) -> datetime | None:
        """When the newest file of all was written, by its name."""
        ends = [end for _, _, end, _ in self.digests()]
        return max([*ends, *(moment for logs in self.logs.values() for moment in logs.values())], default=None)

    def named(self, key: str) -> list[ReadObject]:
        """Every object that was read under the name in a key."""
        return self._by_name.get(name_of(key), [])

    def began_after(self, key: str, place: Place) -> bool:
        """Whether the first log file of a place that was read is of a later day than a key names."""
        day, logs = _day(key), self.logs.get(place)
        return day is not None and logs is not None and day < min(logs.values()).date()

    def digests(self) -> Iterator[tuple[str, str, datetime, ReadObject]]:
        """The objects that are digests by their names: account, trail, end of their hour, and the object."""
        for name, rows in self._by_name.items():
            match = _DIGEST.fullmatch(name)
            moment = _moment(match[3]) if match else None
            if match and moment:
                yield from ((match[1], match[2], moment, row) for row in rows)


def newest(rows: Iterable[R]) -> list[R]:
    """Of each object what was read last."""
    return list({row.origin: row for row in sorted(rows, key=attrgetter("collected_at"))}.values())


def _logs(names: Iterable[str]) -> dict[Place, dict[str, datetime]]:
    """By place its log files, and when each was written, by its name."""
    logs: defaultdict[Place, dict[str, datetime]] = defaultdict(dict)
    for name in names:
        match = _LOG.fullmatch(name)
        moment = _moment(match[3]) if match else None
        if match and moment:
            logs[match[1], match[2]][name] = moment
    return dict(logs)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def _day(key: str) -> date | None:
    match = _DAY.search(key)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None
