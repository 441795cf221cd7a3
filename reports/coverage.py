"""What was seen and what was not: days of the logs, questions without an answer, and originals."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from msgspec import Struct

from auditor.model.findings import NOT_READ, Audit, CoverageLine, NotJudged
from auditor.model.groups import grouped
from auditor.model.subjects import Subject
from auditor.model.vocabulary import CoverageStatus
from reports.words import listing

_FEW_DAYS = 5
_FEW_SILENT = 3
_UNREAD_FIRST = {"failed": 0, "partial": 1}


class Unjudged(Struct, frozen=True):
    """What could not be judged for one reason, by whichever rules."""

    reason: str
    items: tuple[NotJudged, ...]

    @property
    def headings(self) -> list[str]:
        """What the rules look for."""
        from auditor.rules.registry import heading  # late: an incident's page shows no rule

        return sorted({heading(item.rule) for item in self.items})

    @property
    def subjects(self) -> list[Subject]:
        """What they are about, those that read alike once."""
        return list({str(item.subject): item.subject for item in self.items}.values())


class LogDays(Struct, frozen=True):
    """One log over the period's days, with those of which it has any record.

    Args:
        silent: the accounts or hosts among its own that a finding calls silent, whatever the others recorded.
    """

    source: str
    days: tuple[date, ...]
    seen: frozenset[date]
    silent: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """What is missing, in words."""
        missing = [f"{day.day} {day:%b}" for day in self.days if day not in self.seen]
        told = f"nothing on {listing(missing)}" if missing else "every day"
        if len(missing) > _FEW_DAYS:
            told = f"records on {len(self.days) - len(missing)} of {len(self.days)} days"
        return f"{told}; silent for a time: {listing(self.silent, most=_FEW_SILENT)}" if self.silent else told


class Read(Struct, frozen=True):
    """What was read of a source in one way: its scopes, over which time, how many records, and what was said of it."""

    source: str
    status: str
    scopes: tuple[str, ...]
    from_: datetime | None
    to: datetime | None
    rows: int
    reason: str


def read(coverage: Iterable[CoverageLine]) -> tuple[Read, ...]:
    """The sources, what could not be read first; the scopes of one that were read alike stand together."""
    alike = grouped(((state(line), line.source, line.reason or ""), line) for line in coverage)
    return tuple(
        Read(
            source=source,
            status=status,
            scopes=tuple(dict.fromkeys(line.scope for line in lines if line.scope != source)),
            from_=min((line.from_ for line in lines if line.from_), default=None),
            to=max((line.to for line in lines if line.to), default=None),
            rows=sum(line.rows for line in lines),
            reason=reason,
        )
        for (status, source, reason), lines in sorted(alike.items(), key=lambda item: _UNREAD_FIRST.get(item[0][0], 2))
    )


def state(line: CoverageLine) -> str:
    """How well it was read: `ok`, `partial` or `failed`; `not read` where no source reads it."""
    return "not read" if (line.reason or "").startswith(NOT_READ) else str(line.status)


def named(line: CoverageLine) -> str:
    """The source with its scope: `trail (111122223333)`; where both have one name, it alone."""
    return line.source if line.scope == line.source else f"{line.source} ({line.scope})"


def unjudged(audit: Audit) -> tuple[Unjudged, ...]:
    """What could not be judged, by reason, the most frequent first."""
    alike = grouped((item.reason, item) for item in audit.not_judged)
    found = sorted(alike.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return tuple(Unjudged(reason, tuple(items)) for reason, items in found)


def log_days(audit: Audit) -> tuple[LogDays, ...]:
    """Which days each log has records of. A log without any stands in the coverage."""
    length = (audit.period_to.date() - audit.period_from.date()).days
    days = tuple(audit.period_from.date() + timedelta(days=number) for number in range(length + 1))
    gaps = (one for one in audit.findings if one.rule == "evidence/gap" and "source" in one.facts)
    silent = grouped((one.facts["source"], one.resource) for one in gaps if one.resource)
    return tuple(
        LogDays(source, days, frozenset(seen), tuple(silent[source])) for source, seen in audit.days.items() if seen
    )


def origins(audit: Audit) -> tuple[tuple[str, str], ...]:
    """The files and objects that findings rest on, with the SHA-256 of their bytes."""
    return tuple(sorted({(p.origin, p.sha256) for finding in audit.findings for p in finding.evidence if p.sha256}))


def unread_sources(coverage: Iterable[CoverageLine]) -> int:
    """How many sources could not be read at all."""
    return len({seen.source for seen in coverage if seen.status == CoverageStatus.FAILED})
