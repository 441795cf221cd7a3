"""Finding CloudTrail's objects: a walk of a folder, or listings of a bucket that skip what was read long ago."""

import logging
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from auditor.config.sources.aws import AwsCloudTrail, AwsLogin
from collectors.aws.session import client, explained
from collectors.base import Context, Raw
from collectors.log_files import walk

DIGEST = "digest"
"""The part that marks a digest file."""
INSIGHT = "a CloudTrail insight file"
AGGREGATED = "a file of aggregated events, which stand one by one in others"
ANOTHERS = "a file of another service of AWS beside the trail's"
"""Why such files are skipped."""

_SIGNATURE = "signature"  # S3 has it as x-amz-meta-signature
_ACCOUNT = re.compile(r"(?:(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?|^cloudtrail:LookupEvents/)(\d{12})/")
_KIND = re.compile(r"(?:^|[/_])CloudTrail-(Digest|Insight|Aggregated)(?=[/_])")
# Services put what they log below the account, under their name, and many put both before the name of each file.
_ANOTHERS = re.compile(
    r"(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?\d{12}/(?!CloudTrail)[A-Za-z][\w-]*/|(?:^|/)(?:ELBAccessLogTestFile|"
    r"ConfigWritabilityCheckFile$|\d{12}_(?:Config|elasticloadbalancing|vpcdnsquerylogs|vpcflowlogs|waflogs)_[a-z]{2}-)"
)
_DAY = re.compile(r"^(.*?/)(\d{4})/(\d{2})/(\d{2})/[^/]+$")
_DATED = re.compile(r"[/_](\d{4})/?(\d{2})/?(\d{2})(?:/|T\d{4}Z_)")
_YEAR = re.compile(r"(?:^|/)\d{4}/$")
_REGION = re.compile(r"(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?\d{12}/CloudTrail[A-Za-z-]*/[a-z0-9-]+/$")
_CONNECTIONS = 10
_AHEAD = 2 * _CONNECTIONS

_log = logging.getLogger(__name__)
_Page = Mapping[str, Any]


def account_of(origin: str) -> str | None:
    """The AWS account in an object's key, where the key follows CloudTrail's layout, or in a page's name."""
    match = _ACCOUNT.search(origin)
    return match[1] if match else None


def day_of(raw: Raw) -> str:
    """The day that an object is of, where its key follows CloudTrail's layout or it bears CloudTrail's name."""
    match = _DATED.search(raw.origin)
    return "".join(match.groups()) if match else ""


def _sorted_out(raw: Raw) -> Raw:
    """The object, marked where its key tells a digest or an insight file."""
    match = _KIND.search(raw.origin)
    if match is None:
        return replace(raw, skipped=raw.skipped or ANOTHERS) if _ANOTHERS.search(raw.origin) else raw
    if match[1] == "Digest":
        return replace(raw, part=DIGEST)
    return replace(raw, skipped=raw.skipped or (INSIGHT if match[1] == "Insight" else AGGREGATED))


def list_folder(source: AwsCloudTrail, context: Context) -> Iterator[Raw]:
    """Every file of a folder, or the one file, that `source.path` names.

    Raises:
        SourceError: there is no such path, or it cannot be read.
    """
    return map(_sorted_out, walk(source.name, str(source.path), context))


class Signed(bytes):
    """An object's bytes with the signature that its metadata carries; None where it carries none."""

    signature: str | None = None


class S3Object(Struct, frozen=True):
    """Loads one object of a bucket; each process makes its client once."""

    login: AwsLogin
    bucket: str
    key: str

    def __call__(self) -> bytes:
        """Its bytes; raises SourceError."""
        with explained(f"reading s3://{self.bucket}/{self.key}"):
            answer = _s3(self.login).get_object(Bucket=self.bucket, Key=self.key)
            data = Signed(answer["Body"].read())
        data.signature = answer["Metadata"].get(_SIGNATURE)
        return data


def login_of(source: AwsCloudTrail) -> AwsLogin:
    """How a source signs in, by itself: it tells clients apart."""
    return AwsLogin(**{name: getattr(source, name) for name in AwsLogin.model_fields})


@lru_cache(maxsize=8)
def _s3(login: AwsLogin) -> Any:
    return client(login, "s3", connections=_CONNECTIONS)


def list_bucket(source: AwsCloudTrail, seen: Mapping[str, str]) -> Iterator[Raw]:
    """Objects of a bucket. Where keys are laid out by day, listing starts shortly before the newest day in `seen`.

    Raises:
        SourceError: the bucket does not exist or may not be listed.
    """
    with ThreadPoolExecutor(_CONNECTIONS) as threads:
        listing = _Listing(source, _newest_days(f"s3://{source.bucket}/", seen), threads)
        yield from listing.under([source.prefix])
    _log.debug("%s: s3://%s/%s was listed in %d requests.", source.name, source.bucket, source.prefix, listing.requests)


class _Listing:
    """Walks the prefixes above the days level by level, then lists the days of each account and region in one go.

    Args:
        source: the bucket, the prefix and the login.
        newest: the newest day that was read below each prefix.
        threads: what asks ahead.
    """

    def __init__(self, source: AwsCloudTrail, newest: Mapping[str, date], threads: Executor) -> None:
        self._login = login_of(source)
        self._s3 = _s3(self._login)  # made here, so that it is made once
        self._bucket = str(source.bucket)
        self._newest = newest
        self._late = timedelta(days=source.days_again or 0)
        self._threads = threads
        self.requests = 0

    def under(self, prefixes: Iterable[str]) -> Iterator[Raw]:
        """The objects under prefixes, those of log files and of others that are recognised later."""
        above: list[str] = []
        dated: list[str] = []
        for prefix in prefixes:
            (dated if self._is_known(prefix) else above).append(prefix)
        below: list[str] = []
        for prefix, pages in self._listed(above, lambda prefix: {"Prefix": prefix, "Delimiter": "/"}):
            inside: list[str] = []
            for page in pages:
                yield from self._objects(page)
                inside += [one["Prefix"] for one in page.get("CommonPrefixes", ())]
            if any(_YEAR.search(child) for child in inside):
                dated.append(prefix)
            else:
                below += [child for child in inside if not _is_another_service(child)]
        for _, pages in self._listed(dated, self._days):
            for page in pages:
                yield from self._objects(page)
        if below:
            yield from self.under(below)

    def _is_known(self, prefix: str) -> bool:
        """Whether days below it were read before, and CloudTrail puts nothing else there."""
        return prefix in self._newest and bool(_REGION.search(prefix))

    def _days(self, prefix: str) -> dict[str, str]:
        newest = self._newest.get(prefix)
        late = (newest - self._late).strftime("%Y/%m/%d") if newest else ""
        return {"Prefix": prefix, "StartAfter": prefix + late}

    def _listed(
        self, prefixes: Iterable[str], request: Callable[[str], Mapping[str, str]]
    ) -> Iterator[tuple[str, Iterator[_Page]]]:
        """The pages of each prefix, in their order; the first ones of the next few prefixes are asked for meanwhile."""
        waiting = iter(prefixes)
        ahead: deque[tuple[str, Future[Iterator[_Page]]]] = deque()
        while True:
            for prefix in islice(waiting, _AHEAD - len(ahead)):
                ahead.append((prefix, self._threads.submit(self._begun, request(prefix))))
            if not ahead:
                return
            prefix, begun = ahead.popleft()
            yield prefix, self._pages(prefix, begun)

    def _begun(self, request: Mapping[str, str]) -> Iterator[_Page]:
        """The pages of a listing, of which the first is there."""
        pages = iter(self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, **request))
        return chain([next(pages)], pages)

    def _pages(self, prefix: str, begun: Future[Iterator[_Page]]) -> Iterator[_Page]:
        with explained(f"listing s3://{self._bucket}/{prefix}"):
            for page in begun.result():
                self.requests += 1
                yield page

    def _objects(self, page: Mapping[str, Any]) -> Iterator[Raw]:
        for one in page.get("Contents", ()):
            if one["Key"].endswith("/") and not one["Size"]:
                continue
            load = S3Object(self._login, self._bucket, one["Key"])
            version = str(one["ETag"]).strip('"')
            yield _sorted_out(Raw(f"s3://{self._bucket}/{one['Key']}", load, version=version, size=one["Size"]))


def _is_another_service(prefix: str) -> bool:
    """Whether a prefix below an account holds another service's logs, such as VPC flow logs."""
    below = _ACCOUNT.split(prefix)[-1] if _ACCOUNT.search(prefix) else ""
    return bool(below) and not below.startswith("CloudTrail")


def _newest_days(root: str, seen: Mapping[str, str]) -> dict[str, date]:
    """For each prefix above the days, the newest day read; an object that could not be read holds it back."""
    newest: dict[str, date] = {}
    unread: defaultdict[str, set[date]] = defaultdict(set)
    for origin, version in seen.items():
        match = _DAY.match(origin.removeprefix(root)) if origin.startswith(root) else None
        if match is None:
            continue
        try:
            day = date(int(match[2]), int(match[3]), int(match[4]))
        except ValueError:
            continue
        newest[match[1]] = max(day, newest.get(match[1], day))
        if not version:
            unread[match[1]].add(day)
    return {prefix: min(day, *unread[prefix]) if prefix in unread else day for prefix, day in newest.items()}
