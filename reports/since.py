"""What happened to findings since the last meeting, and what a meeting has to look after that was decided before."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from itertools import chain

from msgspec import Struct

from auditor.config.models import Config
from auditor.ledger import Known
from auditor.model.findings import Audit
from auditor.rules.succession import Succession
from reports.agenda import Reviewed
from reports.history import History
from reports.words import day, person, plural

_TO_NEXT = timedelta(days=31)


class Moved(Struct, frozen=True):
    """Findings that went one way: `word` names it, `means` says it in a few words; the worst of them first."""

    word: str
    means: str
    summaries: tuple[str, ...]


class Since(Struct, frozen=True):
    """What changed. `begin` is empty where there is nothing to compare with: then there is nothing else either."""

    begin: str
    moved: tuple[Moved, ...]


def build_since(audit: Audit, past: History, rows: Sequence[Reviewed], zone: tzinfo) -> Since:
    """What is closed, new, reopened and past since the time that the report is beside."""
    before = [run.at for run in past.before(audit.audited_at)]
    if past.since is None or not before:
        return Since("", ())
    begin = max(past.since, min(before))
    new = [r for r in rows if (seen := r.finding.first_seen) and seen > begin and r.finding.id not in past.reopened]
    back = [row for row in rows if row.finding.id in past.reopened]
    moved = (
        Moved("closed", "gone, or set right", _worst_known(past.closed)),
        Moved("goes on", "under another finding now", _worst_succeeded(past.succeeded)),
        Moved("new", "not there before", tuple(row.finding.summary for row in new)),
        Moved("reopened", "gone, and here again", tuple(row.finding.summary for row in back)),
        Moved("past", "done longer ago than is looked at", _worst_known(past.passed)),
    )
    return Since(day(begin, zone), tuple(one for one in moved if one.summaries or one.word != "goes on"))


def _worst_succeeded(some: Iterable[Succession]) -> tuple[str, ...]:
    ordered = sorted(some, key=lambda pair: (-pair[1].severity.rank, pair[1].rule, pair[0].summary))
    return tuple(f"{known.summary}: now “{heir.summary}”" for known, heir in ordered)


def _worst_known(some: Iterable[Known]) -> tuple[str, ...]:
    ordered = sorted(some, key=lambda known: (-known.severity.rank, known.rule, known.summary))
    return tuple(known.summary for known in ordered)


class Due(Struct, frozen=True):
    """Something that was decided before and is to be looked at now: `why` it is due, what it is about, whose it is."""

    on: date | None
    why: str
    what: str
    whose: str


def decisions_due(audit: Audit, rows: Iterable[Reviewed], past: History, config: Config) -> tuple[Due, ...]:
    """A review that is open, rights to be revoked that are still there, days that are over, and exceptions that end.

    In this order, each the next day first; the next meeting is a month away.
    """
    today = audit.audited_at.astimezone(config.zone).date()
    rows = list(rows)
    there = chain.from_iterable(_of_decision(row, today, config) for row in rows)
    ending = chain.from_iterable(_of_exception(row, today, config) for row in rows)
    return (*_of_review(past, today), *sorted(there, key=_next_first), *sorted(ending, key=_next_first))


def next_meeting(at: datetime, zone: tzinfo) -> str:
    """The day that decisions are due before."""
    return day(at + _TO_NEXT, zone)


def _of_review(past: History, today: date) -> Iterable[Due]:
    """The lines of the campaign that nobody decided on, and those that were to be dealt with by a day that is over."""
    found = past.campaign.standing if past.campaign else None
    if found and found.undecided and found.campaign.closing is None:
        state = "was due" if found.campaign.due < today else "is due"
        lines = f"{found.undecided:,} of {plural(found.campaign.lines, 'line')} undecided"
        yield Due(found.campaign.due, f"the review of {found.campaign.campaign} {state}", lines, "")
    if found and found.overdue:
        lines = plural(len(found.overdue), "line that is", "lines that are")
        yield Due(None, "the day that the review gave is over", f"{lines} still there", "")


def _of_decision(row: Reviewed, today: date, config: Config) -> Iterable[Due]:
    decided = row.decision
    if decided is None or row.exception or not row.stands:
        return
    by = person(decided.who or decided.decided_by, config)
    if decided.until and decided.until < today:
        yield Due(decided.until, "the day to act by is over", row.finding.summary, by)
    elif decided.decision == "revoke":
        on = decided.decided_at.astimezone(config.zone).date()
        yield Due(on, "decided to be revoked, and still there", row.finding.summary, by)


def _of_exception(row: Reviewed, today: date, config: Config) -> Iterable[Due]:
    if ended := row.finding.facts.get("exception_ended"):
        yield Due(date.fromisoformat(str(ended)), "its exception has ended", row.finding.summary, "")
    until = _day(str((row.exception or {}).get("until", "")))
    if until and until <= today + _TO_NEXT:
        whose = person(str((row.exception or {}).get("approved_by") or ""), config)
        yield Due(until, "its exception ends", row.finding.summary, whose)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _next_first(due: Due) -> tuple[str, str]:
    return (str(due.on or ""), due.what)
