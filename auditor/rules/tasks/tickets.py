"""What a ticket itself lacks: a reason, an end, a closeout; and what was written into it afterwards."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from auditor.case.case import Case
from auditor.case.rewritten import Rewritten
from auditor.case.ticket_times import begins_at
from auditor.model.findings import Outcome
from auditor.model.statements import is_reopened
from auditor.model.tables import Ticket
from auditor.model.tickets import TicketRef
from auditor.model.vocabulary import Severity, TicketKind
from auditor.model.written import words_of
from auditor.rules.base import Rule
from auditor.rules.facts import stamp
from auditor.rules.tasks.parts import (
    LENGTH,
    TASKS,
    about,
    closeout_lacks,
    closeout_untold,
    named,
    people_of,
    ticket_rule,
)
from auditor.rules.words import count, length, listing, moment


@ticket_rule(
    "tasks/too-long",
    heading="Access for longer than agreed",
    severity=Severity.MEDIUM,
    why="The longer access stays open, the more it is used for something else.",
    controls=LENGTH,
)
def too_long(self: Rule, case: Case) -> Iterator[Outcome]:
    """A window longer than policy gives that kind of work. Incidents last until they are resolved and are exempt."""
    for ticket, ref in case.tickets_in_period:
        if ref.kind == TicketKind.INCIDENT or not (ticket.starts_at and ticket.ends_at):
            continue
        asked = ticket.ends_at - ticket.starts_at
        allowed = case.policy.windows[ref.work]
        if asked <= allowed:
            yield self.clear(thing=ticket.ticket)
            continue
        yield self.finding(
            **about(ticket, ref),
            summary=f"{named(case, ref)} opened {ref.work} access for {length(asked)}; policy gives {length(allowed)}",
            next_step="Ask again when time runs out instead of asking for more at once.",
            facts={"minutes": int(asked.total_seconds() // 60), "allowed_minutes": int(allowed.total_seconds() // 60)},
        )


@ticket_rule(
    "tasks/vague",
    heading="Tickets that do not say what for",
    severity=Severity.MEDIUM,
    why="What was not said cannot be checked afterwards.",
    controls=TASKS,
)
def vague(self: Rule, case: Case) -> Iterator[Outcome]:
    """No real reason, system, level or end; or a name, a time or a word in it that cannot be understood.

    A reason is real when it says something beside that access is wanted: at least two words that are not of the kind
    "need prod access please". The title stands in where no reason is written. Incidents need no end, and what is no
    request for access needs no level. Tickets for systems alone that are not judged yet (`later`) are counted.
    """
    if case.tickets_for_later:
        number = count(case.tickets_for_later, "ticket")
        yield self.not_judged(label="tickets for later", reason=f"{number} for systems that `later` lists")
    for ticket, ref in case.tickets_in_period:
        lacking = [what for what, there in _said(ticket, ref).items() if not there]
        told = [f"names no {listing(lacking, last='or')}"] if lacking else []
        told += [part for part in (ref.unclear, *map(_no_kind, ref.unknown_words)) if part]
        if not told:
            yield self.clear(thing=ticket.ticket)
            continue
        if not (case.config.people or lacking or ref.unread or ref.unknown_systems or ref.unknown_words):
            yield self.not_judged(thing=ticket.ticket, reason="nobody is on the roster")
            continue
        near = {name: found for name in ref.unknown if (found := _nearest(case, name))}
        meant = f" (the nearest is {listing(near.values())})" if near else ""
        yield self.finding(
            **about(ticket, ref),
            summary=f"{named(case, ref)} {', and '.join(told)}{meant}",
            next_step="Add what is missing to the ticket; the request template asks for it."
            if lacking
            else "Correct the words in the ticket, or add a name to auditor.yaml as an alias or account.",
            facts={
                "lacks": lacking,
                "unknown": [*ref.unknown, *ref.unknown_words],
                "unread": list(ref.unread),
                "nearest": near or None,
                "reason": ticket.reason,
                "title": ticket.title,
            },
        )


@ticket_rule(
    "tasks/no-closeout",
    heading="Closed without a word of what was done",
    severity=Severity.MEDIUM,
    why="Without a word at the end nobody knows what was changed, or whether the access is gone.",
    controls=TASKS,
)
def no_closeout(self: Rule, case: Case) -> Iterator[Outcome]:
    """Closed, or ended, without a note of what was done and that the access is gone.

    A ticket that ended less than `session_gap` ago may still be closed; an incident counts from when it is resolved.
    Of tickets that extend one another the last is judged. Reviews give no access and are not judged; what was done, and
    that the access is gone, could not be judged where the tickets' file has no column for it.
    """
    for ticket, ref in case.tickets_in_period:
        closed = None if is_reopened(ticket.status or "") else ticket.closed_at
        over = closed or (None if ref.kind is TicketKind.INCIDENT else ticket.ends_at)
        if ref.kind is TicketKind.REVIEW or over is None or over + case.policy.session_gap > case.at:
            continue
        if case.allowed.extended(ticket.ticket, case.policy.session_gap):
            continue
        lacking = closeout_lacks(ticket)
        if not lacking and (untold := closeout_untold(ticket)):
            yield self.not_judged(thing=ticket.ticket, reason=untold)
            continue
        if not lacking:
            yield self.clear(thing=ticket.ticket)
            continue
        yield self.finding(
            **about(ticket, ref),
            summary=f"{named(case, ref)} ended on {moment(over, case.config.zone)}; {listing(lacking)}",
            next_step=f"Check that the access of {people_of(case, ref)} is gone; write that and what was done into "
            f"{'a ticket, and name it in requests from now on' if ticket.broker else 'it'}.",
            facts={"closed_at": stamp(ticket.closed_at), "removal_confirmed": ticket.removal_confirmed},
        )


@ticket_rule(
    "tasks/left-open",
    heading="Incidents that nobody closed",
    severity=Severity.MEDIUM,
    why="An incident that is never closed is a door that nobody remembers to shut.",
    controls=LENGTH,
)
def left_open(self: Rule, case: Case) -> Iterator[Outcome]:
    """An incident that has been open for longer than `max_incident`; after a week it is high."""
    for ticket in case.tickets:
        ref, since = case.refs[ticket.ticket], begins_at(ticket)
        if ref.kind is not TicketKind.INCIDENT or since is None:
            continue
        lasts = (ticket.closed_at or case.at) - since
        if (ticket.closed_at and ticket.closed_at <= case.at) or lasts <= case.policy.max_incident:
            yield self.clear(thing=ticket.ticket)
            continue
        yield self.finding(
            **about(ticket, ref),
            severity=Severity.HIGH if lasts > _WEEK else Severity.MEDIUM,
            summary=f"{named(case, ref)} has been open for {length(lasts)}",
            next_step="Close it, with what was done and that the access is gone; open another if it is not over.",
            facts={"open_since": stamp(since), "hours": int(lasts.total_seconds() // 3600)},
        )


def _changed(edit: Rewritten) -> dict[str, str]:
    """Fields of a ticket before and after, as facts."""
    return {one: f"{_plain(edit.before[one])} -> {_plain(edit.after[one])}" for one in edit.before}


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return str(stamp(value))
    return listing(value) if isinstance(value, list) else str(value)


@ticket_rule(
    "tasks/rewritten",
    heading="Tickets rewritten after access began",
    severity=Severity.HIGH,
    why="A request that is changed after the fact no longer says what was agreed to.",
    controls=TASKS,
)
def rewritten(self: Rule, case: Case) -> Iterator[Outcome]:
    """Person, systems, level or times edited after access began, give or take the clock tolerance.

    Where the tracker does not tell of edits, two runs do that know the ticket differently.
    """
    for ticket, ref in case.tickets_in_period:
        if not ticket.edited_at and (edit := case.rewritten.get(ticket.ticket)):
            yield self.finding(
                **about(ticket, ref),
                summary=f"{named(case, ref)} was edited after access began: {listing(edit.before)} "
                f"{'was' if len(edit.before) == 1 else 'were'} another when it was read at {stamp(edit.seen)}",
                next_step="Compare the ticket with its history, and have the approver look at what it says now.",
                facts={"edited_after": stamp(edit.seen), "edited_before": stamp(edit.changed), **_changed(edit)},
            )
            continue
        if (
            not (ticket.edited_at and ticket.starts_at)
            or ticket.edited_at <= ticket.starts_at + case.policy.overlap_tolerance
        ):
            yield self.clear(thing=ticket.ticket)
            continue
        late = ticket.edited_at - ticket.starts_at
        yield self.finding(
            **about(ticket, ref),
            summary=f"{named(case, ref)} was edited {length(late)} after access began",
            next_step="Compare the ticket with its history, and have the approver look at what it says now.",
            facts={"edited_at": stamp(ticket.edited_at), "minutes_after_start": int(late.total_seconds() // 60)},
        )


_WORD = re.compile(r"[^\W_]+")
_words_for = words_of(__package__, "tickets")


def _no_kind(word: str) -> str:
    return f"says {word}, which is no kind of ticket or work"


@lru_cache(maxsize=256)
def _nearest(case: Case, name: str) -> str | None:
    """The name in auditor.yaml that is most like one that nobody knows."""
    known = [n for person in case.config.people for n in (person.id, person.name)]
    known += [n for system in case.config.systems for n in system.names]
    by_text = {one.casefold(): one for one in known}
    found = get_close_matches(name.casefold(), by_text, n=1)
    return by_text[found[0]] if found else None


_FEW_WORDS = 2
_WEEK = timedelta(days=7)


def _said(ticket: Ticket, ref: TicketRef) -> dict[str, bool]:
    words = set(_WORD.findall((ticket.reason or ticket.title or "").casefold())) - _words_for("wishes")
    return {
        "real reason": len(words) >= _FEW_WORDS,
        "system": bool(ticket.systems),
        "level": bool(ticket.level or ticket.broker) or ref.kind is not TicketKind.ACCESS,
        "end": bool(ticket.ends_at or ticket.unread) or ref.kind is TicketKind.INCIDENT,
    }
