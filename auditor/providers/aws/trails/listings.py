"""The log files that digests list, against those that were read."""

from collections.abc import Iterator, Sequence

from auditor.model.tables import ReadObject, TrailDigest
from auditor.model.trail_files import Alteration, Break
from auditor.model.vocabulary import CoverageStatus
from auditor.providers.aws.trails.chain import Chain, Listed, Period, bucket_of, listed_in
from auditor.providers.aws.trails.files import name_of

_HEX = 64  # digits of a SHA-256


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
