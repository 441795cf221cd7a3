"""Whether a system is ready for a release, in words: for the terminal, for the ticket, for programs."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any

from msgspec import Struct

from reports.findings_json import stamp
from reports.words import listing, shown, when


class Answer(StrEnum):
    """What is said of one condition of a release, or of all of them."""

    READY = "ready"
    NOT_READY = "not ready"
    NOT_KNOWN = "not known"


class Condition(Struct, frozen=True):
    """One condition of a release: its `name`, what is said of it, and why."""

    name: str
    answer: Answer
    why: str


class Readiness(Struct, frozen=True, kw_only=True):
    """Whether a release may begin. `ticket` is the release's, None where none is known."""

    system: str
    name: str
    at: datetime
    ticket: str | None
    conditions: Sequence[Condition]

    @property
    def answer(self) -> Answer:
        """Not ready where one condition is not met, ready where all are."""
        answers = {one.answer for one in self.conditions}
        if Answer.NOT_READY in answers:
            return Answer.NOT_READY
        return Answer.NOT_KNOWN if Answer.NOT_KNOWN in answers else Answer.READY


_MARKS = {Answer.READY: "✓", Answer.NOT_READY: "✗", Answer.NOT_KNOWN: "?"}


def headline(told: Readiness, zone: tzinfo) -> str:
    """`Checkout service is not ready for PAY-190: 2 conditions are not met (2 Oct 2026 09:41 CEST).`."""
    counts = Counter(one.answer for one in told.conditions)
    missed, unknown = counts[Answer.NOT_READY], counts[Answer.NOT_KNOWN]
    parts = []
    if missed:
        parts.append(f"{missed} {'condition is' if missed == 1 else 'conditions are'} not met")
    if unknown:
        parts.append(f"{unknown} {'is' if unknown == 1 else 'are'} not known")
    state = {
        Answer.READY: "is ready",
        Answer.NOT_READY: "is not ready",
        Answer.NOT_KNOWN: "cannot be called ready",
    }[told.answer]
    why = f": {listing(parts)}" if parts else ""
    release = f" for {shown(told.ticket)}" if told.ticket else ""
    return f"{shown(told.name)} {state}{release}{why} ({when(told.at, zone)})."


def lines(told: Readiness) -> list[tuple[str, str, str]]:
    """A row for each condition: its mark with the answer, its name, why."""
    return [(f"{_MARKS[one.answer]} {one.answer}", one.name, shown(one.why)) for one in told.conditions]


def ticket_line(told: Readiness, zone: tzinfo) -> str:
    """One line for the release's ticket: the names of conditions, and no text that others wrote."""
    by_answer = {
        answer: listing(one.name for one in told.conditions if one.answer is answer)
        for answer in (Answer.NOT_READY, Answer.NOT_KNOWN, Answer.READY)
    }
    said = "; ".join(f"{answer}: {names}" for answer, names in by_answer.items() if names)
    return f"auditor ready {told.system}, {when(told.at, zone)}: {told.answer.upper()} ({said})"


def ready_json(told: Readiness, zone: tzinfo) -> dict[str, Any]:
    """Everything, as plain values."""
    return {
        "system": told.system,
        "at": stamp(told.at),
        "ticket": told.ticket,
        "ready": told.answer is Answer.READY,
        "answer": str(told.answer),
        "conditions": [{"name": one.name, "answer": str(one.answer), "why": one.why} for one in told.conditions],
        "line": ticket_line(told, zone),
    }
