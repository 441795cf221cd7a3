"""What the ledger tells: findings, runs in numbers, decisions, and what cleanup scripts took away."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from auditor.model.subjects import Subject
from auditor.model.vocabulary import Severity, Status

Verdict = Literal["keep", "revoke", "exception", "explained", "do-by"]


class Known(Struct, frozen=True, kw_only=True):
    """What the ledger keeps of a finding, as it was last seen, and its standing.

    `acted_at` is when the act began that it is about; None where it is about a state.
    """

    id: str
    rule: str
    severity: Severity
    summary: str
    subject: Subject
    resource: str | None
    credential: str | None
    ticket: str | None
    acted_at: datetime | None
    status: Status


class Trend(Struct, frozen=True, kw_only=True):
    """One run in numbers. `open` counts what stood after it, new and reopened ones too, but nothing excepted.

    `changes` counts releases and changes by hand around which monitoring could be judged, `rose` those after which it
    rose; None where it was asked nothing.
    `minutes_possible` are those of the week in which people could change production, `minutes_used` those in which they
    did, and of `minutes_unknown` it cannot be told; None where it was not counted.
    `policy_changes` counts what it found loosened in auditor.yaml: numbers before and after are by different measures.
    """

    run: str
    at: datetime
    new: int
    open: int
    closed: int
    reopened: int
    people_with_write: int | None
    policy_changes: int = 0
    changes: int | None = None
    rose: int | None = None
    minutes_possible: int | None = None
    minutes_used: int | None = None
    minutes_unknown: int | None = None


class Decision(Struct, frozen=True, kw_only=True):
    """What the review decided about a finding; `until` ends an exception, or gives the day by which `who` acts.

    `known_by` says how it was checked who decided; empty where that was not checked.
    """

    finding: str
    decision: Verdict
    reason: str
    decided_by: str
    decided_at: datetime
    run: str
    until: date | None = None
    known_by: str = ""
    who: str = ""


class Removal(Struct, frozen=True, kw_only=True):
    """A right that a cleanup script took away, as its log tells; once for each finding that asked for it.

    Args:
        cleanup: names the script.
        step: its number in the script.
        right: provider, kind, account, kind of holder, holder and name: what tells two rights apart.
        caller: who ran the script, as far as the provider told it.
    """

    cleanup: str
    step: int
    time: datetime
    finding: str
    right: tuple[str, str, str, str, str, str]
    caller: str = ""
    action: Literal["revoke", "undo", "delete"] = "revoke"


class Head(Struct, frozen=True, kw_only=True):
    """What the chain of evidence ended with after a run was judged: the record's name, place and hash."""

    run: str
    at: datetime
    number: int
    sha256: str


class Notified(Struct, frozen=True, kw_only=True):
    """What the team has heard.

    Args:
        news: findings of any run that it was not told of since they last appeared.
        missing: what was last said to be unseen; empty where everything was seen.
        at: the run of the last message; None where there was none.
    """

    news: frozenset[str]
    missing: str
    at: datetime | None
