"""auditor.yaml before its first night: what is missing in it, and whether each source answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from auditor.config import Config
from auditor.evidence.store import Store
from auditor.model.vocabulary import CoverageStatus
from collectors.base import Context
from collectors.pool import collect
from collectors.registry import collector_for

PATIENCE = timedelta(seconds=20)
"""How long one source may take to answer."""

_QUESTION = re.compile(r"(?m)^\s*#.*\?")


@dataclass(frozen=True, slots=True)
class Checked:
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
    context = Context(collected_at=at, base=config.base, zone=config.timezone)
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
                yield Checked(source.name, str(one.status), one.reason or f"{rows} rows from its first answers")


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
        yield "`policy.approvers` names nobody: no approval can be judged."
    kinds = {source.kind for source in config.sources}
    if not any("tickets" in source.FEEDS for source in config.sources) and kinds:
        yield "No source has tickets: no access is allowed by any, and every change is a finding."
    questions = len(_QUESTION.findall(path.read_text("utf-8")))
    if questions:
        yield f"{questions} lines of {path} still ask something: they begin with `#` and end in a question mark."
