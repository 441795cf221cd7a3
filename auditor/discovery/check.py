"""auditor.yaml before its first night: what is missing in it, and whether each source answers."""

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from time import monotonic

from msgspec import Struct

from auditor.config import Config
from auditor.config.sources import AnySource
from auditor.errors import SourceError
from auditor.evidence.store import Store
from auditor.model.vocabulary import CoverageStatus
from collectors.base import Context
from collectors.granted import lacking
from collectors.pool import collect
from collectors.registry import collector_for, family_of
from reports.words import listing, plural

PATIENCE = timedelta(seconds=20)
"""How long one source may take to answer."""

_LEAST_FREE = 1 << 30
_MOST_LOOKED_AT = 1000
_QUESTION = re.compile(r"(?m)^\s*#.*\?")


class Checked(Struct, frozen=True):
    """What came of looking at one source.

    Args:
        status: `ok`, or `slow` where it answered and was not read to its end, `partial`, `failed`.
        told: what is missing and what to do; or what was read.
    """

    source: str
    status: str
    told: str


def reached(config: Config, at: datetime) -> Iterator[Checked]:
    """Each source asked for its first answers, one after the other."""
    context = Context(collected_at=at, base=config.base, zone=config.timezone, signals=config.signals)
    with TemporaryDirectory(prefix="auditor-") as folder, (store := Store(folder)).lock():
        staging = store.staging("check", at)
        for source in config.sources:
            collector = collector_for(source, context)
            began = monotonic()
            one = collect(collector, staging=staging, seen={}, left=PATIENCE, most=1)
            rows = sum(one.rows.values())
            ahead = max((line.to for line in one.coverage if line.to), default=at)
            if ahead > at + config.policy.overlap_tolerance:
                yield Checked(
                    source.name,
                    "partial",
                    f"a time in it is {ahead:%Y-%m-%d %H:%M} UTC, which is to come: "
                    "its clock is ahead, or `timezone` of the source is not the one that it writes in",
                )
            elif one.status is not CoverageStatus.OK and monotonic() - began >= PATIENCE.total_seconds():
                yield Checked(source.name, "slow", f"it did not answer to the end within {PATIENCE.seconds} s")
            else:
                yield _with_rights(source, context, one.status, one.reason or f"{rows} rows from its first answers")


def _with_rights(source: AnySource, context: Context, status: CoverageStatus, told: str) -> Checked:
    """What came of reading a source, and which of its permissions its login lacks where the provider tells."""
    if status is CoverageStatus.FAILED:
        return Checked(source.name, str(status), told)
    try:
        missing = lacking(source, context)
    except SourceError as error:
        return Checked(source.name, str(status), f"{told}; what its login may read is not told: {error.why}")
    if missing:
        family = family_of(source.kind)
        told = f"its login lacks {listing(missing, 6)}, which `auditor permissions {family}` prints; {told}"
        return Checked(source.name, str(CoverageStatus.PARTIAL), told)
    known = "" if missing is None else ", and its login has every permission that is needed"
    return Checked(source.name, str(status), f"{told}{known}")


def places(config: Config) -> Iterator[str]:
    """What is wrong with the folders that runs write to, a sentence each; nothing is made in them."""
    folders = {"evidence": config.evidence, "output": config.output}
    for name, written in folders.items():
        if "://" in written:
            continue
        folder = config.base / written
        there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            yield f"`{name}`: {there} cannot be written to: give it to whoever runs the auditor."
            continue
        if there == folder and (open_ := _open_to_others(folder)):
            yield f"`{name}`: {open_} can be read by others: `chmod -R go= {folder}`."
        if (free := disk_usage(there).free) < _LEAST_FREE:
            yield f"`{name}`: {free >> 20:,} MB are free where {folder} lies: make room before the first night."


def _open_to_others(folder: Path) -> Path | None:
    """The folder, or the first file in it, that others than its owner may read."""
    entries = islice((Path(above, name) for above, _, names in os.walk(folder) for name in names), _MOST_LOOKED_AT)
    return next((one for one in (folder, *entries) if one.lstat().st_mode & 0o077 and not one.is_symlink()), None)


def missing(config: Config, path: Path) -> Iterator[str]:
    """What the file leaves open, a sentence each; the file itself is sound."""
    if not config.sources:
        yield "No source is named: nothing can be read. `auditor init` proposes them."
    if not config.systems:
        yield "No system is named: nobody's rights can be judged. `auditor init` proposes some."
    for system in config.systems:
        if not system.resources:
            yield f"{system.id} has no `resources`: nothing belongs to it."
        if not system.primary:
            yield f"{system.id} has no `primary`: nobody answers for it."
    if not config.people:
        yield "Nobody is on the roster: every login will be somebody unknown."
    if config.people and not config.policy.approvers:
        yield "`policy.approvers` names nobody: whether the right person approved cannot be judged."
    kinds = {source.kind for source in config.sources}
    if not config.feeding("tickets") and kinds:
        yield "No source has tickets: no access is allowed by any, and every change is a finding."
    questions = len(_QUESTION.findall(path.read_text("utf-8")))
    if questions:
        asked = plural(questions, "question")
        yield f"{path} still asks {asked}, in lines that begin with `#` and end in a question mark."
