"""AWS's public keys for digest files: read from CloudTrail, in the region that a digest is about."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from msgspec import Struct

from auditor.config.sources.aws import AwsCloudTrail, AwsLogin
from collectors.aws.cloudtrail.listing import DIGEST, login_of
from collectors.aws.session import client, explained
from collectors.base import Raw

PUBLIC_KEYS = "public keys of "
"""The part of an answer begins so; the region follows."""

_PLACE = re.compile(r"/CloudTrail-Digest/([a-z0-9-]{1,30})/(\d{4})/(\d{2})/(\d{2})/")
# AWS tells the keys that were used in the time asked for.
_AROUND = timedelta(days=1)


class ListPublicKeys(Struct, frozen=True):
    """Loads the keys that a region's digests were signed with between two moments, as JSON."""

    login: AwsLogin
    region: str
    from_: datetime
    to: datetime

    def __call__(self) -> bytes:
        """A list of `Fingerprint` and `Value`, the key as DER in hexadecimal; raises SourceError."""
        cloudtrail = _cloudtrail(self.login.model_copy(update={"region": self.region}))
        pages = cloudtrail.get_paginator("list_public_keys").paginate(StartTime=self.from_, EndTime=self.to)
        with explained(f"asking for CloudTrail's public keys of {self.region}"):
            keys = [key for page in pages for key in page["PublicKeyList"]]
        return json.dumps([{"Fingerprint": key["Fingerprint"], "Value": key["Value"].hex()} for key in keys]).encode()


@lru_cache(maxsize=32)
def _cloudtrail(login: AwsLogin) -> Any:
    return client(login, "cloudtrail")


def keys_for(source: AwsCloudTrail, batch: Sequence[Raw]) -> Iterator[Raw]:
    """What to ask AWS for, so that the signatures of a batch's digests can be checked."""
    days: defaultdict[str, set[datetime]] = defaultdict(set)
    for raw in batch:
        match = _PLACE.search(raw.origin) if raw.part == DIGEST else None
        day = _day(*match.groups()[1:]) if match else None
        if match and day:
            days[match[1]].add(day)
    for region, found in sorted(days.items()):
        first, last = min(found), max(found)
        ask = ListPublicKeys(login_of(source), region, first - _AROUND, last + _AROUND)
        origin = f"cloudtrail:ListPublicKeys {region} {first:%Y-%m-%d} {last:%Y-%m-%d}"
        yield Raw(origin, ask, part=PUBLIC_KEYS + region, original=True)


def _day(year: str, month: str, day: str) -> datetime | None:
    try:
        return datetime(int(year), int(month), int(day), tzinfo=UTC)
    except ValueError:
        return None
