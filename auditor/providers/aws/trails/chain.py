"""A chain of digests: one trail's about one account and region. CloudTrail writes one an hour, events or none."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from operator import attrgetter

import msgspec
from msgspec import Struct, field

from auditor.model.findings import Evidence
from auditor.model.tables import ReadObject, Row, TrailDigest
from auditor.model.trail_files import Alteration, Break
from auditor.providers.aws.trails.files import LogFiles, name_of

INTERVAL = timedelta(hours=1)

_BACKFILL = "_backfill."
_BUCKET = "s3://"


class Listed(msgspec.Struct):
    """A log file as a digest lists it."""

    bucket: str
    key: str
    sha256: str


_listed = msgspec.json.Decoder(list[Listed]).decode


def listed_in(row: TrailDigest) -> list[Listed]:
    """The log files that a digest lists."""
    return _listed(row.files)


class Period(Struct, frozen=True):
    """What is judged: digests whose hour ended after `from_` and not after `at`."""

    from_: datetime
    at: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether the end of a digest's hour lies in it."""
        return self.from_ < moment <= self.at


class Link(Struct, frozen=True):
    """A digest in its place in the chain; without a row it is an object that could not be read as one."""

    starts_at: datetime
    ends_at: datetime
    row: TrailDigest | None = None
    unreadable: ReadObject | None = None


class Chain(Struct, dict=True):
    """The digests of one trail about one account and region, in one source.

    Args:
        region: region, empty where the digests' keys do not say.
        trail: the trail with its regions, as the keys have it.
        files: what the source read.
        unreadable: objects that are digests by their names only, with the end of their hour.
        unjudged: what could not be judged of it, in sentences.
    """

    account: str
    region: str
    trail: str
    files: LogFiles
    rows: list[TrailDigest] = field(default_factory=list)
    unreadable: list[tuple[datetime, ReadObject]] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """How reports call it: account, region and trail."""
        trail = self.trail.removeprefix(f"{self.region}_").rpartition("_")[0] or self.trail
        return " ".join(part for part in (self.account, self.region, trail and f"trail {trail}") if part)

    @property
    def last_log(self) -> datetime | None:
        """When the newest log file of its account and region was written."""
        return max(self._logs.values(), default=None)

    @property
    def _logs(self) -> Mapping[str, datetime]:
        return self.files.logs.get((self.account, self.region), {})

    def unlisted(self, after: datetime, before: datetime) -> list[datetime]:
        """When log files of a time were written that none of its digests lists, earliest first."""
        moments = self._unlisted
        return moments[bisect_right(moments, after) : bisect_left(moments, before)]

    @cached_property
    def _unlisted(self) -> list[datetime]:
        listed = {name_of(one.key) for row in self.rows for one in listed_in(row)}
        return sorted(moment for name, moment in self._logs.items() if name not in listed)

    def in_order(self) -> list[Link]:
        """The hourly digests, earliest first; those that CloudTrail added later belong to no place in the chain."""
        links = [Link(row.starts_at, row.ends_at, row) for row in self.rows if _BACKFILL not in row.object_key]
        links += [Link(end - INTERVAL, end, unreadable=one) for end, one in self.unreadable]
        return sorted(links, key=attrgetter("ends_at", "starts_at"))

    def within(self, period: Period) -> list[TrailDigest]:
        """The digests to be judged, added ones too, earliest first."""
        rows = [row for row in self.rows if period.holds(row.ends_at)]
        return sorted(rows, key=attrgetter("ends_at", "object_key"))

    def broken(
        self,
        kind: Break,
        starts_at: datetime,
        ends_at: datetime,
        *rests_on: Row,
        resource: str | None = None,
        reason: str | None = None,
        missing: tuple[str, ...] = (),
    ) -> Alteration:
        """A broken place of it; it concerns the first of the objects that it rests on, or another that is named."""
        return Alteration(
            kind=kind,
            account=self.account,
            chain=self.name,
            resource=resource or rests_on[0].origin,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason or "",
            missing=missing,
            evidence=tuple(Evidence(source=row.source, origin=row.origin, sha256=row.sha256) for row in rests_on),
        )


def bucket_of(row: Row) -> str | None:
    """The bucket that a row's object lies in; None for a file on disk."""
    return row.origin.removeprefix(_BUCKET).partition("/")[0] if row.origin.startswith(_BUCKET) else None
