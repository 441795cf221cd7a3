"""Whether something was allowed: the one place that puts work, rights and grants beside the windows of tickets."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from auditor.activity.digest import Stretch
from auditor.activity.results import Place
from auditor.activity.times import merged
from auditor.case.placement import NEAR, NOWHERE, Placement, Where, distance, farthest
from auditor.case.timeline import NOTHING, Timeline
from auditor.case.windows import speaks_of
from auditor.config.policy import Policy
from auditor.model.entitlements import Entitlement, Grant
from auditor.model.groups import grouped
from auditor.model.tickets import TicketRef, Window
from auditor.model.vocabulary import Level
from auditor.providers.registry import provider

K = TypeVar("K")
_ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class Allowed:
    """What tickets allow: whom, on which system, when.

    Args:
        refs: the tickets, each with its windows.
        tolerance: how far outside a window something still counts as inside.
        known_until: tickets are known until then; None where they were never read.
        lacks: why they were never read, where that is known.
        lost: why there may be others than these, where some could not be read.
        gone: tickets that were there on an earlier night: what they may have allowed cannot be told. One that claimed
            no time allowed nothing.
    """

    def __init__(
        self,
        refs: Iterable[TicketRef],
        tolerance: timedelta,
        known_until: datetime | None,
        lacks: str = "",
        lost: str = "",
        gone: Iterable[TicketRef] = (),
    ) -> None:
        self._refs = {ref.ticket: ref for ref in refs}
        self._extended_by = grouped((ref.extends, ref) for ref in self._refs.values() if ref.extends)
        self._tolerance = tolerance
        self._known_until = known_until
        self._lacks = lacks or "no ticket has been read"
        self._lost = lost
        windows = _in_order(self._refs)
        self._by_person = _timelines((one.person, one) for one in windows)
        self._by_system = _timelines(((one.person, one.system), one) for one in windows)
        self._gone = {ref.ticket: ref for ref in gone}
        claiming = (*self._refs.values(), *(ref for ref in self._gone.values() if ref.span))
        self._unclear = [(*(ref.span or _ALWAYS), ref) for ref in claiming if ref.doubt]

    def unknown(self, moment: datetime, person: str | None = None, system: str | None = None) -> str | None:
        """Why it cannot be told whether a ticket allowed something at a moment; None where it can.

        For a person on a system it cannot where a ticket that claims the moment may be for them, and does not say so.
        """
        return self._not_known(moment) or (self._doubt([person], [system], (moment, moment)) if person else None)

    def unknown_grant(self, grant: Grant) -> str | None:
        """Likewise of a grant to whoever received it; to somebody whom nobody knows, also by whoever gave it."""
        known = grant.identity.person
        who = [known] if known else [None, *([grant.giver] if grant.giver else [])]
        return self._not_known(grant.time) or self._doubt(who, grant.systems or [None], (grant.earliest, grant.time))

    def unknown_ticket(self, name: str, moment: datetime) -> str | None:
        """Why it cannot be told what a ticket is that something of a moment names; None where it can."""
        gone = self._gone.get(name)
        return self._not_known(moment) or (f"{name} {gone.unread[-1]}" if gone else None)

    def _not_known(self, moment: datetime) -> str | None:
        if self._known_until is None:
            return self._lacks
        late = moment > self._known_until
        return f"tickets are known until {self._known_until:%Y-%m-%d %H:%M} UTC only" if late else self._lost or None

    def _doubt(
        self, people: Iterable[str | None], systems: Collection[str | None], span: tuple[datetime, datetime]
    ) -> str | None:
        of = [(person, system) for person in people for system in systems]
        first, last = span[0] - self._tolerance, span[1] + self._tolerance
        # Their times alone leave few of them, and this is asked of all work.
        near = (ref for opens, closes, ref in self._unclear if opens <= last and first <= closes)
        unclear = (ref for ref in near if any(ref.could_cover(*one, span, self._tolerance) for one in of))
        return next((f"{ref.ticket} {ref.doubt}" for ref in unclear), None)

    def right(self, path: Entitlement, moment: datetime) -> bool:
        """Whether a right is doing at the moment what it was given for.

        It has to be linked to an open window of its holder on its system, of its level: by the ticket's id, by having
        been given in the window, or by ending with it. One that lasts longer than its window is no right for a task.
        """
        return any(
            moment <= w.ends_at
            and path.level.rank <= w.level.rank
            and (path.expires_at is None or path.expires_at <= max(w.ends_at, self._end(w)) + self._tolerance)
            and self._is_linked(path, w)
            for w in self.windows(path.person, path.system, _end_at(path), moment, moment)
        )

    def given_for(self, path: Entitlement) -> str | None:
        """The ticket that a right is for: by its id, else the latest in whose window, of its level, it was given."""
        given = path.granted_at
        if path.ticket or given is None:
            return path.ticket
        near = self.windows(path.person, path.system, _end_at(path), given, given)
        fitting = [window for window in near if path.level.rank <= window.level.rank]
        return max(fitting, key=lambda w: (w.starts_at, w.ticket)).ticket if fitting else None

    def _end(self, window: Window) -> datetime:
        return self._refs[window.ticket].end or window.ends_at

    def _is_linked(self, path: Entitlement, window: Window) -> bool:
        if path.ticket in self._refs:
            return any(ref.ticket == window.ticket for ref in self._going_on(path.ticket))
        given = path.granted_at is not None and window.covers(path.granted_at, self._tolerance)
        ends = path.expires_at is not None and abs(path.expires_at - window.ends_at) <= self._tolerance
        return given or ends

    def ends_in_time(self, path: Entitlement, moment: datetime, policy: Policy) -> bool:
        """Whether a right ends by itself, and soon enough: with its ticket's window, else as soon as policy asks.

        Keys with an end go by the age that policy gives keys. Where it is not known since when somebody has it, the
        longest time counts from the moment.
        """
        if path.expires_at is None:
            return False
        if ends := [ref.end for ref in self._going_on(path.ticket) if ref.end]:
            return path.expires_at <= max(ends) + self._tolerance
        longest = policy.max_credential_age if path.credential else policy.max_grant
        return path.expires_at <= (path.granted_at or moment) + longest + self._tolerance

    def temporary(self, path: Entitlement, moment: datetime, policy: Policy) -> bool:
        """Whether a right ends by itself soon enough, or is doing at the moment what it was given for."""
        return self.ends_in_time(path, moment, policy) or self.right(path, moment)

    def grant(self, grant: Grant) -> Sequence[Window]:
        """The windows that were open when it was given, or may have been, on its systems where they are known.

        They are its recipient's; where that is no person, whoever gave it worked under theirs.
        """
        own = self._by_person.get(grant.identity.person or grant.giver or "", NOTHING)
        near = own.near(grant.earliest, grant.time, self._tolerance)
        on_it = (window for window in near if not grant.systems or window.system in grant.systems)
        return [window for window in on_it if not self.is_elsewhere(window, grant)]

    def is_elsewhere(self, window: Window, right: Entitlement | Grant) -> bool:
        """Whether a window is for other places than the one that a right ends at."""
        return self._leaves_out(window, _end_at(right))

    def windows(
        self, person: str | None, system: str | None, place: Place | None, first: datetime, last: datetime
    ) -> Iterator[Window]:
        """The windows of theirs on that system, for reading or for writing, that touch the stretch.

        Those for other places than this one are left out; without one, none: a session may only lead on from there.
        """
        near = self._on(person, system).near(first, last, self._tolerance)
        return (window for window in near if not self._leaves_out(window, place))

    def _leaves_out(self, window: Window, place: Place | None) -> bool:
        """Whether a window is for other hosts, projects or accounts of its system than this one."""
        if place is None or not window.names_others(*place):
            return False
        return not speaks_of(self._refs[window.ticket].texts, place[1])

    def _on(self, person: str | None, system: str | None) -> Timeline:
        """A person's windows on a system."""
        return self._by_system.get((person or "", system or ""), NOTHING)

    def emergency(self, systems: Collection[str], first: datetime, last: datetime) -> Placement:
        """Where the use of emergency access lies to the incidents on record, whoever answered them.

        An incident counts that concerns one of the systems; any does where no system is named, here or in it. It is on
        record from when it was opened.
        """
        if reason := self.unknown(last):
            return Placement(Where.UNKNOWN, reason=reason)
        near = [ref for ref in self._refs.values() if ref.record and distance(ref.record, first, last) <= NEAR]
        known = [ref.record for ref in near if ref.record and ref.concerns(systems)]
        closest = min(known, key=lambda w: (farthest(w, first, last)[0], w.ticket), default=None)
        if self._cover(known, first, last):
            return Placement(Where.COVERED, closest)
        if unclear := next((ref for ref in near if ref.unknown_systems), None):
            names = ", ".join(unclear.unknown_systems)
            return Placement(Where.UNKNOWN, reason=f"{unclear.ticket} names {names}, which nobody knows")
        return Placement(Where.OUTSIDE, closest) if closest else NOWHERE

    def ended(self, ticket: str, moment: datetime) -> bool:
        """Whether a known ticket allows nothing any more: its window has ended, or it was closed, and none goes on."""
        going_on = self._going_on(ticket)
        begun = [ref for ref in going_on if ref.ticket == ticket or (ref.starts_at and ref.starts_at <= moment)]
        ends = [[end for end in (ref.end, ref.closed_at) if end] for ref in begun]
        return bool(begun) and all(any(end < moment for end in known) for known in ends)

    def extended(self, ticket: str, pause: timedelta) -> bool:
        """Whether another ticket goes on with it, after no longer a pause: what it gave is not to be gone yet."""
        going_on = self._going_on(ticket)
        ended = going_on[0].end if going_on else None
        return any(ended and ref.starts_at and ref.starts_at - ended <= pause for ref in going_on[1:])

    def _going_on(self, ticket: str | None) -> list[TicketRef]:
        """A known ticket, and those that extend it for some of the same people and systems, one after the other."""
        found = [self._refs[ticket]] if ticket in self._refs else []
        for ref in found:
            later = self._extended_by.get(ref.ticket, ())
            found += [one for one in later if one not in found and _same_task(one, ref)]
        return found

    def writing(
        self, since: datetime, until: datetime, seen: Mapping[str, Collection[Place]] | None = None
    ) -> Iterator[Stretch]:
        """Person, system, place, beginning and end of each stretch in which changes are allowed, both ends included.

        They are cut to the time between the two moments; those of one person, system and place do not touch. The place
        is None for everywhere; where a window is for some places, each place where the person was `seen` has its own.
        """
        claimed: dict[tuple[str, str], list[tuple[datetime, datetime, Window]]] = {}
        for timeline in self._by_person.values():
            for window in timeline.windows:
                # Taking the tolerance off the bound, and not off the window, keeps clear of the ends of time.
                opens = max(window.starts_at, since + self._tolerance) - self._tolerance
                closes = min(window.ends_at, until - self._tolerance) + self._tolerance
                if window.level.changes and opens <= closes:
                    claimed.setdefault((window.person, window.system), []).append((opens, closes, window))
        for (person, system), own in sorted(claimed.items(), key=lambda one: one[0]):
            narrow = any(window.only for *_, window in own)
            for place in sorted((seen or {}).get(person, ())) if narrow else (None,):
                spans = ((opens, closes) for opens, closes, window in own if not self._leaves_out(window, place))
                yield from ((person, system, place, opens, closes) for opens, closes in merged(spans))

    def work(
        self,
        person: str | None,
        system: str | None,
        place: Place | None,
        first: datetime,
        last: datetime,
        *,
        changes: bool = True,
        tail: timedelta = timedelta(0),
    ) -> Placement:
        """Where work on a system between two moments lies to a person's windows, those that meet taken together.

        `changes` asks for some for writing, and for that place where it is told: what changes nothing may lead on. The
        `tail` is how long after them it may have gone on.
        """
        if not person:
            return Placement(Where.UNKNOWN, reason="the session cannot be tied to a person")
        own = list(self._on(person, system).near(first, last, max(NEAR, self._tolerance)))
        fitting = [w for w in own if not changes or (w.level.changes and not self._leaves_out(w, place))]
        if self._cover(fitting, first, last - tail):
            return Placement(Where.COVERED, min(fitting, key=lambda w: w.distance(first) + w.distance(last)))
        if reason := self.unknown(last, person, system):
            return Placement(Where.UNKNOWN, reason=reason)
        if narrower := [w for w in own if w not in fitting and w.overlaps(first, last, self._tolerance)]:
            return Placement(Where.BEYOND, narrower[0])
        if near := [w for w in own if distance(w, first, last) <= NEAR]:
            return Placement(Where.OUTSIDE, min(near, key=lambda w: (distance(w, first, last), w.ticket)))
        theirs = self._by_person.get(person, NOTHING).near(first, last, self._tolerance)
        elsewhere = (window for window in theirs if window.system != system)
        return next((Placement(Where.BEYOND, window) for window in elsewhere), NOWHERE)

    def _cover(self, windows: Iterable[Window], first: datetime, last: datetime) -> bool:
        """Whether a stretch lies in windows, those that meet taken together."""
        spans = merged((w.starts_at - self._tolerance, w.ends_at + self._tolerance) for w in windows)
        return any(opens <= first and last <= closes for opens, closes in spans)


def _end_at(right: Entitlement | Grant) -> Place | None:
    """The place that a right ends at; None of a login without root: it may only lead on to another host."""
    leads_on = right.place and provider(right.place[0]).OPENS_SHELLS and right.level is not Level.ADMIN
    return None if leads_on else right.place


def _same_task(one: TicketRef, other: TicketRef) -> bool:
    """Whether two tickets are for some of the same people on some of the same systems."""
    return not (set(one.people).isdisjoint(other.people) or set(one.systems).isdisjoint(other.systems))


def _in_order(refs: Mapping[str, TicketRef]) -> list[Window]:
    """Every window, earliest first."""
    every = (window for ref in refs.values() for window in ref.windows)
    return sorted(every, key=lambda w: (w.starts_at, w.ends_at, w.ticket, w.system))


def _timelines(windows: Iterable[tuple[K, Window]]) -> dict[K, Timeline]:
    return {key: Timeline(own) for key, own in grouped(windows).items()}
