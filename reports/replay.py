"""What would have failed without some rights, in words: for the terminal, and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta, tzinfo
from typing import Any

import msgspec
from msgspec import Struct

from auditor.activity.results import Silence, UsedAct
from auditor.case.people import People
from auditor.case.removal import Fate, JudgedAct
from auditor.case.replayed import LastUse, Replayed
from auditor.config.models import Config
from auditor.model.entitlements import Entitlement
from auditor.model.handles import Handle, read_handle
from auditor.providers.permitted import named_right
from auditor.providers.registry import provider
from reports.cleanup.registry import right_of
from reports.cleanup.steps import words_of
from reports.words import account_name, day, listing, person, plural, shown, when

_MOST_NAMED, _MOST_THINGS = 3, 3
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY, _WEEK, _REGULAR = timedelta(days=1), timedelta(days=7), 3


class Line(Struct, frozen=True, kw_only=True):
    """Acts that are alike but for what they were done to.

    Args:
        times: how many times it was done.
        often: on which days, as far as that can be said in a few words.
        when: likewise, and when last.
        note: by which other path it is still allowed, or why it is not known.
        led_to: how much was done in the sessions that it opened.
    """

    who: str
    action: str
    things: str
    times: int
    often: str
    when: str
    through: str
    tickets: tuple[str, ...]
    note: str
    led_to: int


class Taken(Struct, frozen=True, kw_only=True):
    """A right that is to be taken away, and what is known of its last use.

    Args:
        judged: whether its use could be judged.
        idle: whether the provider knows that it was not used in all of the period.
    """

    what: str
    last_used: str = ""
    judged: bool = True
    idle: bool = False


class ReplayView(Struct, frozen=True, kw_only=True):
    """The answer.

    Args:
        headline: the sentence that answers.
        harmless: whether nothing would have failed, and nothing is unknown.
        not_known: sentences that say what is not known.
    """

    headline: str
    harmless: bool
    rights: tuple[Taken, ...]
    failed: tuple[Line, ...]
    other_path: tuple[Line, ...]
    unknown: tuple[Line, ...]
    not_known: tuple[str, ...]


def replay_view(told: Replayed, access: Sequence[Entitlement] = ()) -> ReplayView:
    """What a replay came to; `access`, every path at the time of the latest run, tells when rights were last used."""
    names = _Names(told.config)
    lines = {fate: tuple(names.lines(told.removal.of(fate))) for fate in Fate}
    rights = tuple(_rights(told, access))
    not_known = tuple(_not_known(told, names, idle=all(right.idle for right in rights)))
    return ReplayView(
        headline=_headline(told, lines, not_known),
        harmless=bool(told.removal.handles) and not (lines[Fate.FAILED] or lines[Fate.UNKNOWN] or not_known),
        rights=rights,
        failed=lines[Fate.FAILED],
        other_path=lines[Fate.OTHER_PATH],
        unknown=lines[Fate.UNKNOWN],
        not_known=not_known,
    )


def replay_json(told: Replayed, view: ReplayView) -> dict[str, Any]:
    """The answer for machines: every act, with its pointer, and the sentences."""
    removal = told.removal
    return {
        "organisation": told.config.organisation,
        "from": told.from_.isoformat(),
        "to": told.at.isoformat(),
        "headline": view.headline,
        "harmless": view.harmless,
        "calls": removal.calls,
        "would_have_failed": sum(one.act.events for one in removal.of(Fate.FAILED)),
        "another_path": sum(one.act.events for one in removal.of(Fate.OTHER_PATH)),
        "not_known": sum(one.act.events for one in removal.of(Fate.UNKNOWN)),
        "rights": [
            {"handle": dict(handle), "judged": judged}
            for handles, judged in ((removal.handles, True), (removal.not_found, False))
            for handle in handles
        ],
        "acts": [msgspec.to_builtins(one, order="deterministic") for one in removal.judged],
        "unseen": [msgspec.to_builtins(one, order="deterministic") for one in told.unseen],
        "silences": [msgspec.to_builtins(one, order="deterministic") for one in told.silences],
        "said": list(view.not_known),
    }


class _Names:
    """Who somebody is, as people call them."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._people = People(config)

    def who(self, account: str | None, roster_id: str | None = None) -> str:
        """A person by name, a declared account by its entry, any other in short."""
        owner = self._people.who(account).owner if account else None
        return shown(person(roster_id, self.config) if roster_id else owner or person(account, self.config)) or "?"

    def lines(self, judged: Iterable[JudgedAct]) -> Iterator[Line]:
        """Acts that differ only in what they were done to as one line, in their order."""
        alike: dict[tuple[object, ...], list[JudgedAct]] = {}
        for one in judged:
            act = one.act
            key = act.account, act.person, act.action, act.invoked_by, act.opener, one.by, one.why, one.tickets
            alike.setdefault(key, []).append(one)
        for some in alike.values():
            first = some[0]
            things = dict.fromkeys(shown(one.act.resource) for one in some if one.act.resource)
            yield Line(
                who=self.who(first.act.account, first.act.person),
                action=shown(first.act.action),
                things=listing(map(_thing, things), most=_MOST_THINGS),
                times=sum(one.act.events for one in some),
                often=_often([one.act for one in some]),
                when=_when([one.act for one in some], self.config.zone),
                through=self._through(first.act),
                tickets=tuple(map(shown, first.tickets)),
                note=shown(first.why or listing(first.by, most=_MOST_NAMED)),
                led_to=max(one.led_to for one in some),
            )

    def _through(self, act: UsedAct) -> str:
        """The service, agent or vendor that it was done through; else in whose session, or with which key."""
        found = provider(act.provider).through(act.invoked_by)
        if found:
            return shown(found.name)
        if act.opener and act.opener != act.account:
            return f"a session of {self.who(act.opener)}"
        return shown(act.credential)


def _headline(told: Replayed, lines: dict[Fate, tuple[Line, ...]], not_known: Sequence[str]) -> str:
    """The sentence that answers."""
    days = (told.at - told.from_).days
    period = f"in the {days} days to {day(told.at, told.config.zone)}" if days > 1 else "in that time"
    lost, calls = sum(line.times for line in lines[Fate.FAILED]), told.removal.calls
    unsure = sum(line.times for line in lines[Fate.UNKNOWN])
    if not told.removal.handles:
        return "Whether anything would have failed cannot be told: none of these rights could be judged."
    if not calls and not not_known:
        return f"Nothing would have failed: whoever has these rights did nothing {period}."
    doubt = f"; of {unsure:,} it is not known" if unsure else "; not everything can be known" if not_known else ""
    if not lost:
        none = f"None of {plural(calls, 'call')}" if calls > 1 else "No call"
        return f"{none} {'is known to fail' if doubt else 'would have failed'} {period}{doubt}."
    named = [f"{line.who}, {line.action}, {line.often or line.when}" for line in lines[Fate.FAILED][:_MOST_NAMED]]
    more = len(lines[Fate.FAILED]) - len(named)
    and_more = f"; and {plural(more, 'more line')} below" if more else ""
    return f"{lost:,} of {plural(calls, 'call')} would have failed {period}: {'; '.join(named)}{and_more}{doubt}."


def _rights(told: Replayed, access: Sequence[Entitlement]) -> Iterator[Taken]:
    for handle, credential in zip(told.removal.handles, told.credentials, strict=True):
        use = credential or _last_use(handle, access)
        idle = use.idle_since(told.from_)
        yield Taken(what=what_of(handle), last_used=_last_used(use, told), idle=idle)
    for handle in told.removal.not_found:
        yield Taken(what=what_of(handle), judged=False)


def what_of(handle: Handle) -> str:
    """What taking a right away does, in words."""
    right = right_of(handle)
    return right.what if right else words_of(handle)


def _last_used(use: LastUse, told: Replayed) -> str:
    if use.at is None:
        return f"never used since {when(use.watched_since, told.config.zone)}" if use.watched_since else ""
    days = (told.at - use.at).days
    ago = "today" if days < 1 else f"{plural(days, 'day')} ago"
    return f"last used {when(use.at, told.config.zone)}, {ago}"


def _last_use(handle: Handle, access: Iterable[Entitlement]) -> LastUse:
    """The last use of a right that the provider knows of, from the paths that rest on it."""
    wanted = named_right(handle)
    own = [path for path in access if any(named_right(read_handle(text)) == wanted for text in path.handles)]
    watched = [path.watched_since for path in own if path.watched_since]
    last = max((path.last_used_at for path in own if path.last_used_at), default=None)
    return LastUse(last, max(watched) if own and len(watched) == len(own) else None)


def _not_known(told: Replayed, names: _Names, *, idle: bool) -> Iterator[str]:
    """What the evidence cannot show, a sentence each; where nothing was used, no log has to show it."""
    zone = told.config.zone
    for handle in told.removal.not_found:
        yield f"{what_of(handle)}: it is not among the latest rights, or no call tells that it was used."
    if idle:
        return
    yield from _not_logged(told)
    for one in told.unseen:
        last = f"; it was last seen using that service at {when(one.last_used_at, zone)}" if one.last_used_at else ""
        yield f"{shown(one.why)}: {names.who(one.account)} may have used it for {shown(one.what)}{last}."
    for name in told.failed:
        yield f"The source {shown(name)} could not be read by the latest run, or has not been read yet."


def _not_logged(told: Replayed) -> Iterator[str]:
    """Where there is no log, or a gap in it."""
    zone = told.config.zone
    if told.known_from and told.known_from - told.from_ > _DAY and not any(gap.at_start for gap in told.silences):
        yield f"No log reaches further back than {when(told.known_from, zone)}."
    for scope in told.unheard:
        yield f"There is no log of {shown(scope)}: what was done there is not known."
    for scope in dict.fromkeys(gap.scope for gap in told.silences):
        yield from _gaps(shown(scope), [gap for gap in told.silences if gap.scope == scope], zone)


def _gaps(scope: str, gaps: Sequence[Silence], zone: tzinfo) -> Iterator[str]:
    """What the log of one account, project or host leaves out of the period."""
    begins = next((gap for gap in gaps if gap.at_start), None)
    if begins and begins.at_end:
        yield f"The log of {scope} has no record of that time."
    elif begins:
        missed = plural(max(begins.length.days, 1), "day")
        yield f"The log of {scope} begins at {when(begins.to, zone)}: {missed} before it are not known."
    inside = sorted((gap for gap in gaps if not gap.at_start), key=lambda gap: -gap.length)
    if inside:
        first = inside[0]
        longest = f"from {when(first.from_, zone)} to {when(first.to, zone)}"
        more = f", and in {plural(len(inside) - 1, 'shorter stretch', 'shorter stretches')}" if inside[1:] else ""
        yield f"The log of {scope} has no record {longest}{more}: what was done then is not known."


def _often(acts: Sequence[UsedAct]) -> str:
    """`every Tuesday`, `on 3 days`; empty where no more than a first and a last time can be said."""
    first, last = min(act.first_at for act in acts), max(act.last_at for act in acts)
    days = max(act.days for act in acts)
    if len({act.weekday for act in acts}) == 1 and acts[0].weekday is not None and days >= _REGULAR:
        name = _DAYS[acts[0].weekday]
        weeks = round((last - first) / _WEEK) + 1
        return f"every {name}" if days >= weeks else f"on {days} {name}s"
    return f"on {days} days" if len(acts) == 1 and days > 1 else ""


def _when(acts: Sequence[UsedAct], zone: tzinfo) -> str:
    """`every Tuesday, last at 24 Nov 2026 10:00 CET`, `once at …`, or from when to when."""
    first, last = min(act.first_at for act in acts), max(act.last_at for act in acts)
    if sum(act.events for act in acts) == 1:
        return f"once at {when(first, zone)}"
    often = _often(acts)
    return f"{often}, last at {when(last, zone)}" if often else f"from {when(first, zone)} to {when(last, zone)}"


def _thing(resource: str) -> str:
    """What something was done to, without what stands before its name."""
    return " ".join(account_name(one) for one in resource.split(" "))
