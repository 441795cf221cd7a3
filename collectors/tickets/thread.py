"""A ticket as any forge tells it, and how it becomes a row."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from auditor.model.statements import UNREAD, is_off
from auditor.model.tables import Ticket
from auditor.model.vocabulary import Level, TicketKind, Work
from auditor.model.written import written as written_table
from collectors.problems import Problems
from collectors.reading import Stamp
from collectors.redact import LONGEST_TEXT
from collectors.relative_times import parse_about, with_zone
from collectors.spans import parse_span
from collectors.tickets.approvals import (
    MOST_COMMENTS,
    Approval,
    Comment,
    Mark,
    approval,
    closeout,
    removal,
    review,
    written,
)
from collectors.tickets.extensions import approved_until, lengthened
from collectors.tickets.request_template import fields, without_comments
from collectors.times import zone_named

_MENTION = re.compile(r"@([A-Za-z0-9][\w.-]*)")
_REQUEST = ("person", "systems")
_TIMES = ("starts_at", "ends_at")
# Types of work on the product: these name their system as every record of a project may.
_BUILT = frozenset({"bug", "epic", "feature", "improvement", "new feature", "story"})
_ACCESS = re.compile(
    r"access|permission|privilege|\bprod\b|\bprd\b|production|produktion|zugriff|zugang|berechtigung|rechte|accès|droits"
    r"|acceso|permiso|incident|outage",
    re.IGNORECASE,
)
# A time to work in, as people ask for it: from hour to hour, or until one.
_CLOCK = r"[012]?\d(?:[:h][0-5]\d|[.][0-5]\d(?!\d)| ?(?:am|pm|uhr|h)\b)"
_HOURS = re.compile(
    rf"\b[012]?\d[:h][0-5]\d ?(?:am|pm|uhr)? ?(?:-|\u2013|to|until|till|bis|à|a) ?{_CLOCK}"
    rf"|\b(?:until|till|bis|jusqu['\u2019]à|hasta)(?: \w{{1,10}}){{0,2}} {_CLOCK}",
    re.IGNORECASE,
)
# A ticket that is named in an approval: what stands under a ticket is about that one, unless it names another.
_ID = re.compile(r"(?<![\w/-])(?:[A-Z][A-Z0-9]{0,9}-\d+|[\w./-]*#\d+)(?!\w)")
_REFERENCE = re.compile(r"([\w./-]*)#(\d+)")


class Thread(Struct, frozen=True, kw_only=True):
    """A ticket before it is a row.

    Args:
        ticket: its id as tickets are named elsewhere.
        kinds: words that may say what it is: issue type, labels.
        requester: account of who asked; `assignees` likewise.
        given: fields by column that stand beside the description.
        marks: labels and statuses as they came and went.
        status: its status or resolution, as the tracker calls it.
        turns: when it was closed, and when opened again (False).
        closeout: what was done, where it has a field for that.
        edited_at: last edit of what was asked for.
        unread: why its history could not be read; None where it was.
        reference: turns a ticket named in this one into its id.
    """

    ticket: str
    url: str | None
    title: str
    description: str | None
    provider: str
    kinds: Sequence[str] = ()
    labels: Sequence[str] = ()
    requester: str | None = None
    assignees: Sequence[str] = ()
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    status: str | None = None
    turns: Sequence[tuple[datetime, bool]] = ()
    closeout: str = ""
    edited_at: datetime | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    marks: Sequence[Mark] = ()
    comments: Sequence[Comment] = ()
    unread: str | None = None
    reference: Callable[[str], str] = str.strip

    @property
    def asked(self) -> dict[str, str]:
        """What the request says, by column."""
        return {**fields(self.description), **self.given}

    @property
    def kind(self) -> TicketKind | None:
        """What it is about; None where it is no ticket of the auditor's, such as a bug."""
        words = [*self.kinds, *self.labels, self.asked.get("kind", "")]
        for word in words:
            for part in (word, word.rpartition("::")[2]):
                if kind := kinds().get(part.strip().casefold()):
                    return kind
        scoped = any(label.casefold().startswith("access::") for label in self.labels)
        return TicketKind.ACCESS if scoped or all(self.asked.get(name) for name in _REQUEST) else None

    @property
    def is_built(self) -> bool:
        """Whether its type or a label says that it is work on the product: a bug, a feature."""
        return not _BUILT.isdisjoint(
            word.rpartition("::")[2].strip().casefold() for word in (*self.kinds, *self.labels)
        )

    @property
    def is_other_work(self) -> bool:
        """Whether nothing in it speaks of access, of an incident or of hours to work in: a bug, a feature."""
        text = f"{self.title}\n{(self.description or '')[:LONGEST_TEXT]}"
        of_any = {"reason", "work", *(("systems",) if self.is_built else ())}
        speaks = self.kind or self.asked.keys() - of_any or _ACCESS.search(text) or _HOURS.search(text)
        return bool(self.title) and not speaks


@cache
def kinds() -> dict[str, TicketKind]:
    """Kinds of tickets by what trackers and teams call them."""
    others = written_table(__package__, "kinds", dict[TicketKind, list[str]])
    return {name: kind for kind in TicketKind for name in (kind.value, *others.get(kind, ()))}


def reference(url: re.Pattern[str], own: str, prefix: str | None, text: str) -> str:
    """The id of a ticket that is named as `#12`, `group/project#12`, by its address, or by its id.

    Args:
        url: matches an address, with project and number as groups.
        own: the project that names it.
        prefix: what the own project's ids begin with, where the team gives them one.
        text: what names it.
    """
    found = url.search(text) or _REFERENCE.search(text)
    if not found:
        return text.strip()
    named = found[1] or own
    return f"{prefix}-{found[2]}" if prefix and named.casefold() == own.casefold() else f"{named}#{found[2]}"


def ticket(thread: Thread, at: Stamp, zone: ZoneInfo, problems: Problems) -> Ticket:
    """The row of a ticket. What cannot be read of it is left out, and is a problem."""
    asked = thread.asked
    kind = thread.kind or TicketKind.ACCESS
    agreed = approval(thread.marks, thread.comments, thread.requester)
    reviewer, reviewed_at = review(thread.marks, thread.comments)
    unread: list[str] = []
    told = asked.get("zone", "")
    zone = zone_named(told) or zone
    asked = {name: with_zone(text, told, zone) if name in _TIMES else text for name, text in asked.items()}
    time = partial(_time, asked, thread.ticket, zone, problems, unread)
    both = _span(asked.get("starts_at", ""), zone, thread.opened_at)
    starts_at = both[0] if both else time("starts_at", thread.opened_at)
    ends_at = time("ends_at", starts_at or (agreed.at if agreed else None))
    if both and not asked.get("ends_at"):
        ends_at = both[1]
    if ends_at and agreed:
        ends_at = approved_until(ends_at, starts_at, agreed.words, zone)
        ends_at = lengthened(ends_at, thread.comments, agreed.who, zone)
    plain = without_comments(thread.description)
    words = _words(thread, agreed, asked, ends_at)
    return Ticket(
        **at,
        ticket=thread.ticket,
        url=thread.url,
        kind=kind,
        work=_word(Work, asked.get("work"), thread.labels, "work"),
        title=thread.title,
        reason=asked.get("reason") or (plain if kind is TicketKind.INCIDENT else None) or None,
        requester=thread.requester,
        assignees=tuple(thread.assignees),
        person=_named(thread, asked.get("person")) or (None if kind is TicketKind.ACCESS else _responders(thread)),
        systems=tuple(s for part in re.split(r"[,;\n]", asked.get("systems", "")) if (s := part.strip(' ~"`'))),
        level=_word(Level, asked.get("level"), thread.labels, "level"),
        opened_at=thread.opened_at,
        starts_at=starts_at,
        ends_at=ends_at,
        unread=tuple(unread),
        approver=agreed.who if agreed else None,
        approved_at=agreed.at if agreed else None,
        approval=words,
        second_reviewer=reviewer or _named(thread, asked.get("second_reviewer")),
        reviewed_at=reviewed_at,
        closed_at=_closed(thread, ends_at),
        closeout=closeout(thread.comments) or thread.closeout or None,
        status=", ".join(filter(None, (thread.status, *filter(_calls_off, thread.labels)))) or None,
        removal_confirmed=removal(thread.marks, thread.comments),
        extends=thread.reference(asked["extends"]) if asked.get("extends") else None,
        edited_at=thread.edited_at,
        comments=tuple(map(written, thread.comments[:MOST_COMMENTS])) if kind is TicketKind.INCIDENT else (),
        note=plain if kind in (TicketKind.CHANGE, TicketKind.DRILL) else None,
    )


def _words(thread: Thread, agreed: Approval | None, asked: Mapping[str, str], ends_at: datetime | None) -> str | None:
    """What was agreed to, with the ticket's id; by a button, that is the request as it stands."""
    if agreed is None:
        return thread.unread and f"{UNREAD}{thread.unread}"
    if agreed.by_button:
        until = ends_at and f"{ends_at:%Y-%m-%d %H:%M} UTC"
        about = {"for": asked.get("person"), "on": asked.get("systems"), "until": until}
        return " ".join(
            [f"{thread.ticket} approved by button", *(f"{word} {what}" for word, what in about.items() if what)]
        )
    named = _ID.findall(agreed.words)
    own = not named or any(thread.ticket.endswith(one) for one in named)
    return f"{thread.ticket}: {agreed.words}" if own and thread.ticket not in named else agreed.words


def _calls_off(label: str) -> bool:
    """Whether a label says that nothing is to come of a ticket; `cancelled-orders` is about something else."""
    word = label.rpartition(":")[2].strip()
    return word.replace("'", "").isalpha() and is_off(word)


def _closed(thread: Thread, ends_at: datetime | None) -> datetime | None:
    """When it was closed: for the first time after which it was not opened again before its end.

    Whoever opens a ticket again later, for a remark say, does not lengthen the time that it gave.
    """
    if thread.closed_at and ends_at:
        turns = sorted(thread.turns)
        for (at, closed), (following, _) in pairwise(turns):
            if closed and following > ends_at:
                return at
    return thread.closed_at


def _responders(thread: Thread) -> str | None:
    """Who works on what is no request: whom it is assigned to, else who opened it."""
    return ", ".join(thread.assignees) or thread.requester


def _named(thread: Thread, written: str | None) -> str | None:
    """Mentions as accounts: `@nina` is `gitlab:nina`. An e-mail address is no mention."""
    if not written:
        return None
    return re.sub(rf"(?<![\w.])(?:{_MENTION.pattern})", rf"{thread.provider}:\1", written)


def _span(text: str, zone: ZoneInfo, base: datetime | None) -> tuple[datetime, datetime] | None:
    """A beginning that tells the end as well; None where it does not."""
    with suppress(ValueError):
        return parse_span(text, zone, base)
    return None


def _time(
    asked: Mapping[str, str],
    ticket: str,
    zone: ZoneInfo,
    problems: Problems,
    unread: list[str],
    name: str,
    base: datetime | None,
) -> datetime | None:
    """A time of the request; what cannot be read is a problem, and is kept as written."""
    text = asked.get(name)
    if not text:
        return None
    try:
        return parse_about(text, zone, base, fold=1 if name == "ends_at" else 0)
    except ValueError:
        problems.note(f"{name} is no time and was left out", ticket)
        unread.append(f"{name} {text}")
        return None


def _word(words: Iterable[StrEnum], written: str | None, labels: Sequence[str], scope: str) -> str | None:
    """A word of a closed set: as the request says, or as a label does; what is no such word is kept as written."""
    known = {word.value for word in words}
    if written:
        plain = written.strip(" `*~").casefold()
        return plain if plain in known else written
    for label in labels:
        first, _, last = label.casefold().rpartition("::")
        if last in known and first in (scope, ""):
            return last
    return None
