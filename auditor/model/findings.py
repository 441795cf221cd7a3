"""What a rule says of a subject, and the contract of findings.json."""

import hashlib
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct, field

from auditor.model.exposure import Exposure
from auditor.model.handles import Handle
from auditor.model.subjects import Subject
from auditor.model.tables import Row
from auditor.model.vocabulary import Severity, Status


class Evidence(Struct, frozen=True, kw_only=True):
    """A pointer to a raw record: `auditor explain` reads the original back through it."""

    source: str
    origin: str
    record: int = 0
    sha256: str = ""
    event_id: str | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """A disagreement between who can, who did and who was allowed to.

    `subject` is what it is about, and with the rule the identity that stays the same from run to run. `facts` hold
    plain values only; `handles` are what taking away the rights that it is about needs, one each.
    """

    rule: str
    severity: Severity
    subject: Subject
    summary: str
    why: str
    next_step: str
    resource: str | None = None
    credential: str | None = None
    ticket: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    status: Status = Status.NEW
    first_seen: datetime | None = None
    exception: Mapping[str, Any] | None = None
    handles: tuple[Handle, ...] = ()

    @property
    def person(self) -> str | None:
        """The roster id of whoever it is about."""
        return self.subject.person

    @property
    def account(self) -> str | None:
        """The account that it is about."""
        return self.subject.account

    @property
    def system(self) -> str | None:
        """The system that it is about."""
        return self.subject.system

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems that it is about; empty where it is about none, a whole account, or what is not known."""
        return (self.system,) if self.system else tuple(self.facts.get("systems", ()))

    @property
    def id(self) -> str:
        """Sixteen hex digits made from the rule and the subject."""
        identity = (self.rule, self.person or self.account or "", self.system or "", self.subject.thing)
        return hashlib.sha256("\x1f".join(identity).encode("utf-8", "surrogatepass")).hexdigest()[:16]


class NotJudged(Struct, frozen=True, kw_only=True):
    """A subject that a rule could not judge, and what was missing."""

    rule: str
    subject: Subject
    reason: str


class Clear(Struct, frozen=True, kw_only=True):
    """A subject that a rule looked at and found in order."""

    rule: str
    subject: Subject


Outcome = Finding | NotJudged | Clear


class Tally(Struct, frozen=True, kw_only=True):
    """How many subjects one rule was asked of, by what it said of each.

    `excepted` are findings under an exception, which `failed` does not count. `unseen` is True where a source or a
    scope that the rule rests on was not read: then there are more subjects, nobody knows how many.
    """

    passed: int
    failed: int
    excepted: int
    not_judged: int
    unseen: bool = False

    @property
    def population(self) -> int:
        """How many subjects are known."""
        return self.passed + self.failed + self.excepted + self.not_judged


def tallied(
    clear: Mapping[str, int], findings: Iterable[Finding], lacking: Iterable[NotJudged], unseen: Container[str]
) -> dict[str, Tally]:
    """What each rule said, in numbers; `unseen` are the rules of which there may be more subjects."""
    found = Counter((one.rule, one.status is Status.EXCEPTED) for one in findings)
    not_judged = Counter(one.rule for one in lacking)
    return {
        rule: Tally(
            passed=passed,
            failed=found[rule, False],
            excepted=found[rule, True],
            not_judged=not_judged[rule],
            unseen=rule in unseen,
        )
        for rule, passed in clear.items()
    }


NOT_READ = "not read: "
"""How the reason begins of what no source of auditor.yaml reads."""


class CoverageLine(Struct, frozen=True, kw_only=True):
    """One line of coverage for the reports: what was looked at, from when to when, and how well."""

    source: str
    scope: str
    from_: datetime | None = None
    to: datetime | None = None
    status: str
    rows: int = 0
    reason: str | None = None


class Audit(Struct, frozen=True, kw_only=True):
    """The result of one run: everything that the reports are made from.

    `unseen_systems` names the systems of which the rights were not read, or not all: who can touch them is not known.
    `days` has the UTC days of the period of which each log, by the name of its source, holds any record. `tested` has
    what each rule was asked and answered; empty of a run that did not keep it. `exposure` is for how long people could
    change production in the last week; None of a run that did not keep it.
    """

    run: str
    organisation: str
    audited_at: datetime
    period_from: datetime
    period_to: datetime
    complete: bool
    findings: tuple[Finding, ...]
    not_judged: tuple[NotJudged, ...]
    clear: Mapping[str, int]
    coverage: tuple[CoverageLine, ...]
    unseen_systems: tuple[str, ...] = ()
    days: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    tested: Mapping[str, Tally] = field(default_factory=dict)
    exposure: Exposure | None = None


def pointer(row: Row) -> Evidence:
    """The pointer from a row to its raw record."""
    return Evidence(source=row.source, origin=row.origin, record=row.record, sha256=row.sha256)
