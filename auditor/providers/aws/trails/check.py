"""Every chain of digests of the period, and the regions that have none."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import TypeVar

from msgspec.structs import replace

from auditor.config.models import Config
from auditor.config.sources.aws import AwsCloudTrail
from auditor.evidence.store import Store
from auditor.model.groups import grouped
from auditor.model.tables import ReadObject, Row, TrailDigest
from auditor.model.trail_files import Alteration, Break, TrailFiles
from auditor.model.vocabulary import CoverageStatus
from auditor.providers.aws.trails.chain import Chain, Listed, Period, bucket_of, listed_in
from auditor.providers.aws.trails.files import LogFiles, Place, name_of, newest
from auditor.providers.aws.trails.links import links, signatures
from auditor.providers.aws.trails.links import newest as newest_digests

_BEFORE = timedelta(days=2)  # so far back the period's first digests refer
_KNOWN = "collected_at <= $at"
R = TypeVar("R", bound=Row)
_HEX = 64  # digits of a SHA-256


def trail_files(store: Store, config: Config, from_: datetime, at: datetime) -> TrailFiles:
    """What the digests of a period came to, from what is stored; no log file is read again."""
    sources = [source.name for source in config.sources if isinstance(source, AwsCloudTrail)]
    days = ((from_ - _BEFORE).date(), at.date())
    digests = store.rows(TrailDigest, store.parts(TrailDigest, sources=sources, days=days), _KNOWN, at=at)
    objects = store.rows(ReadObject, store.parts(ReadObject, sources=sources, days=days), _KNOWN, at=at)
    return check(digests, objects, Period(from_, at))


def check(digests: Iterable[TrailDigest], objects: Iterable[ReadObject], period: Period) -> TrailFiles:
    """What the digests of a period, with those shortly before it, came to, by every object of their sources."""
    rows, read = _by_source(digests), _by_source(objects)
    alterations: list[Alteration] = []
    in_order: list[str] = []
    unjudged: list[tuple[str, str]] = []
    accounts: set[str] = set()
    for source in sorted({*rows, *read}):
        files = LogFiles(read.get(source, ()))
        chains = list(_chains(rows.get(source, ()), files))
        for chain in chains:
            found = _judged(chain, period)
            alterations += found
            unjudged += [(chain.name, reason) for reason in dict.fromkeys(chain.unjudged)]
            in_order += [] if found or chain.unjudged else [chain.name]
        unjudged += _without({(chain.account, chain.region) for chain in chains}, files)
        accounts |= {chain.account for chain in chains}
    return TrailFiles(
        accounts=frozenset(accounts), alterations=tuple(alterations), in_order=tuple(in_order), unjudged=tuple(unjudged)
    )


def _judged(chain: Chain, period: Period) -> list[Alteration]:
    checked = signatures(chain, period)
    found = [
        *checked.forged,
        *links(chain, period, [one.resource for one in checked.forged]),
        *listings(chain, period),
    ]
    newest_digests(chain, period)
    ordered = sorted(found, key=attrgetter("starts_at", "kind", "resource"))
    return [replace(one, signatures=checked.said) for one in ordered]


def _chains(rows: Iterable[TrailDigest], files: LogFiles) -> Iterator[Chain]:
    chains: dict[tuple[str, str], Chain] = {}
    unique = {(row.object_key, row.content_sha256): row for row in newest(rows)}
    for row in unique.values():
        trail = row.trail or ""
        chain = chains.setdefault((row.account, trail), Chain(row.account, row.region or "", trail, files))
        chain.rows.append(row)
    for account, trail, end, one in files.digests():
        if one.status == CoverageStatus.FAILED:
            region = trail.partition("_")[0]
            chain = chains.setdefault((account, trail), Chain(account, region, trail, files))
            chain.unreadable.append((end, one))
    yield from (chain for _, chain in sorted(chains.items()))


def _without(covered: set[Place], files: LogFiles) -> Iterator[tuple[str, str]]:
    """Regions without a digest of accounts that have some."""
    accounts = {account for account, _ in covered}
    for account, region in sorted(files.logs):
        if account in accounts and (account, region) not in covered:
            yield f"{account} {region}", "there are log files of this region, and no digest of them"


def _by_source(rows: Iterable[R]) -> Mapping[str, list[R]]:
    return grouped((row.source, row) for row in rows)


def listings(chain: Chain, period: Period) -> Iterator[Alteration]:
    """Log files that differ from what a digest says, and stretches of them that are gone."""
    gone: list[tuple[TrailDigest, list[str]]] = []
    unread: list[ReadObject] = []
    for row in chain.within(period):
        missing, found = [], False
        for listed in listed_in(row):
            objects = chain.files.named(listed.key)
            found = found or bool(objects)
            if not objects and _should_be_there(chain, row, listed):
                missing.append(listed.key)
            unread += [one for one in objects if one.status == CoverageStatus.FAILED and not one.sha256]
            for one in objects:
                if one.content_sha256 is not None and one.content_sha256 != listed.sha256:
                    said = _disagreement(one, listed)
                    yield chain.broken(Break.LOG_FILE, row.starts_at, row.ends_at, one, row, reason=said)
        if found:
            yield from _gone(chain, gone)
            gone = []
        if missing:
            gone.append((row, missing))
    yield from _gone(chain, gone)
    if unread:
        first = unread[0]
        chain.unjudged.append(f"{len(unread)} log files were not read, such as {name_of(first.origin)}: {first.reason}")


def _disagreement(one: ReadObject, listed: Listed) -> str:
    """Both hashes, and what was odd about the file when it was read."""
    hashes = f"its content has SHA-256 {one.content_sha256}, and the digest states {listed.sha256[:_HEX]}"
    return f"{one.reason}; {hashes}" if one.reason else hashes


def _should_be_there(chain: Chain, row: TrailDigest, listed: Listed) -> bool:
    """Whether a file that was not read should have been: not one of another bucket, a later run or an earlier day."""
    if bucket_of(row) not in (None, listed.bucket) or row.ends_at > row.collected_at:
        return False
    return not chain.files.began_after(listed.key, (chain.account, chain.region))


def _gone(chain: Chain, gone: Sequence[tuple[TrailDigest, list[str]]]) -> Iterator[Alteration]:
    """One broken place for neighbouring digests of which files are gone."""
    if gone:
        rows = [row for row, _ in gone]
        keys = tuple(key for _, keys in gone for key in keys)
        yield chain.broken(Break.LOG_FILES_GONE, rows[0].starts_at, rows[-1].ends_at, *rows, missing=keys)
