"""Whether a chain holds: signatures, each digest's word of the one before it, and digests that are not there."""

import math
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

from auditor.model.groups import grouped
from auditor.model.tables import ReadObject, TrailDigest
from auditor.model.trail_files import Alteration, Break
from auditor.providers.aws.trails.chain import INTERVAL, Chain, Link, Period, bucket_of
from auditor.providers.aws.trails.files import name_of

GRACE = 2 * INTERVAL
"""The newest digest may be so much older than the newest file of its source."""


class Signatures(Struct, frozen=True):
    """What came of a chain's signatures: in words, and the digests of which they do not hold."""

    said: str
    forged: Sequence[Alteration]


def signatures(chain: Chain, period: Period) -> Signatures:
    """Look at every signature; where those of a bucket could not be checked, the chain could not be judged."""
    signed = any(row.signature for row in chain.rows)
    forged, unchecked = [], {}
    for row in chain.within(period):
        # CloudTrail signs every digest: one without a signature among others was put there by somebody else.
        if row.signature_holds is False or (signed and row.signature is None and bucket_of(row)):
            reason = row.signature_note
            forged.append(chain.broken(Break.DIGEST, row.starts_at, row.ends_at, row, reason=reason))
        elif row.signature_holds is None:
            unchecked[row.signature_note or "it is not known why"] = bucket_of(row)
    if any(unchecked.values()):
        chain.unjudged.append(f"signatures of its digests could not be checked: {'; '.join(unchecked)}")
    return Signatures(f"not checked: {'; '.join(unchecked)}" if unchecked else "checked", forged)


def links(chain: Chain, period: Period, forged: Collection[str]) -> Iterator[Alteration]:
    """Digests that cannot be read, that do not continue the one before, and those that are missing.

    `forged` are objects that are known to be broken already.
    """
    known = grouped((row.object_key, row) for row in chain.rows)
    lost = {name_of(one.origin) for _, one in chain.unreadable}
    for before, link in pairwise([None, *chain.in_order()]):
        if link is None or not period.holds(link.ends_at):
            continue
        if link.row is None:
            yield from _unreadable(chain, link)
            yield from _hole(chain, before, link, period)
        elif link.row.previous_key is None:
            _begins(chain, before, link, period)
        elif link.row.previous_key in known:
            yield from _continues(chain, link.row, known[link.row.previous_key], forged)
        elif name_of(link.row.previous_key) not in lost:
            yield from _hole(chain, before, link, period)


def newest(chain: Chain, period: Period) -> None:
    """Say so where digests stop while log files go on."""
    ends = [link.ends_at for link in chain.in_order()]
    if not ends or chain.last_log is None or chain.files.until is None:
        return
    until = min(chain.files.until, period.at)
    if chain.last_log > max(ends) and until - max(ends) > GRACE:
        chain.unjudged.append(
            f"there is no digest since {_at(max(ends))} UTC, and log files go on: the newest digests are missing, or "
            "log file validation was switched off"
        )


def _unreadable(chain: Chain, link: Link) -> Iterator[Alteration]:
    one = link.unreadable
    if one is not None and one.sha256:
        yield chain.broken(Break.DIGEST, link.starts_at, link.ends_at, one, reason=one.reason)
    elif one is not None:
        chain.unjudged.append(f"{name_of(one.origin)} could not be read: {one.reason}")


def _begins(chain: Chain, before: Link | None, link: Link, period: Period) -> None:
    """A digest without one before it: validation was switched on there."""
    since = before.ends_at if before else period.from_
    if chain.unlisted(since, link.starts_at):
        chain.unjudged.append(
            f"log files of {_at(since)} to {_at(link.starts_at)} UTC are in no digest: log file validation was off"
        )


def _continues(
    chain: Chain, row: TrailDigest, before: Sequence[TrailDigest], forged: Collection[str]
) -> Iterator[Alteration]:
    """A digest's word of the one before it, against what that one is."""
    for earlier in before:
        other = _disagreement(row, earlier)
        if other and not {row.origin, earlier.origin} & set(forged):
            yield chain.broken(
                Break.LINK, row.starts_at, row.ends_at, row, earlier, reason=f"it states another {other}"
            )


def _disagreement(row: TrailDigest, earlier: TrailDigest) -> str | None:
    if row.previous_sha256 != earlier.content_sha256:
        return "hash"
    stated = row.previous_signature
    return "signature" if stated and earlier.signature and stated != earlier.signature else None


def _hole(chain: Chain, before: Link | None, link: Link, period: Period) -> Iterator[Alteration]:
    """The digest before this one is not there, by this one's word or by the hours between."""
    shown: TrailDigest | ReadObject | None = link.row or link.unreadable
    if shown is None:
        return
    lost = link.row.previous_key if link.row else None
    # Before the first digest that was read, one is missing only if a log file is there that it would list.
    since = before.ends_at if before else min(chain.unlisted(period.from_, link.starts_at), default=link.starts_at)
    number = math.ceil((link.starts_at - since) / INTERVAL)
    starts = [link.starts_at - hour * INTERVAL for hour in range(number, 0, -1)]
    if starts:
        missing = tuple(map(_at, starts))
        yield chain.broken(Break.HOLE, starts[0], link.starts_at, shown, resource=lost, missing=missing)
    elif before and lost:
        reason = f"it names {name_of(lost)}, which is not there"
        yield chain.broken(Break.LINK, link.starts_at, link.ends_at, shown, reason=reason)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
