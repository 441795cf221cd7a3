"""The period's access stories, put together from tickets, grants and episodes."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from operator import attrgetter

from msgspec import Struct

from auditor.activity.results import Episode
from auditor.case.case import Case
from auditor.case.placement import Where
from auditor.case.ticket_times import begins_at
from auditor.flaws import Flaws
from auditor.model.entitlements import Grant
from auditor.model.findings import Evidence, Finding, pointer
from auditor.model.stories import Link, LinkKind, LinkState, Story
from auditor.model.tables import Ticket
from auditor.model.tickets import TicketRef
from auditor.model.vocabulary import Level, TicketKind
from auditor.providers.systems import reaches
from auditor.rules.sittings import sittings
from auditor.rules.tasks.parts import closeout_lacks, closeout_untold
from auditor.rules.words import listing

_GIVING = (TicketKind.ACCESS, TicketKind.INCIDENT)
_MOST_ACTIONS = 5
_MOST_EVIDENCE = 3
_DAY = timedelta(days=1)


def stories(case: Case, findings: Iterable[Finding] = ()) -> tuple[Story, ...]:
    """Every story that was alive in the period, earliest first, each link with the findings that are about it.

    One for each ticket and person; one for each grant that no ticket explains; and one for each sitting of changes with
    neither, or with a finding about somebody's session: what nobody asked for is told too.
    """
    teller, flaws = _Teller.of(case), Flaws.of(findings)
    told = [flaws.told(story) for story in (*teller.asked(), *teller.given(), *teller.neither())]
    told += [flaws.told(story) for story in teller.beside(flaws.beside(told))]
    return tuple(sorted(told, key=lambda story: (story.starts_at, story.ticket or "", story.person or "")))


class _Teller(Struct, frozen=True):
    """The case, indexed by person."""

    case: Case
    episodes: Mapping[tuple[str, str], Sequence[Episode]]
    grants: Mapping[str, Sequence[Grant]]
    held: Mapping[tuple[str, str], str]
    blind: bool

    @classmethod
    def of(cls, case: Case) -> _Teller:
        episodes: defaultdict[tuple[str, str], list[Episode]] = defaultdict(list)
        for episode in sorted(case.episodes, key=attrgetter("starts_at")):
            if episode.person and episode.system:
                episodes[episode.person, episode.system].append(episode)
        grants: defaultdict[str, list[Grant]] = defaultdict(list)
        for grant in sorted(case.grants, key=attrgetter("time")):
            if grant.identity.person:
                grants[grant.identity.person].append(grant)
        return cls(case, episodes, grants, _held(case), case.log_failed)

    def asked(self) -> Iterator[Story]:
        """Stories that begin with a ticket."""
        for ticket, ref in self.case.tickets_in_period:
            start = begins_at(ticket)
            if ref.kind not in _GIVING or start is None:
                continue
            ends = ref.ends_at or ticket.ends_at or ticket.closed_at or start
            for person in ref.people or (None,):
                yield self._of_ticket(ticket, ref, person, start, ends)

    def given(self) -> Iterator[Story]:
        """Stories of grants that name no ticket, and for which none was open."""
        for person, grants in self.grants.items():
            for grant in grants:
                if grant.ticket is None and not self.case.allowed.grant(grant):
                    ends = min(grant.expires_at or self.case.at, grant.time + _DAY)
                    yield self._untold(person, grant.systems, grant.level, (grant.time, ends), grants=[grant])

    def neither(self) -> Iterator[Story]:
        """Stories of changes for which there was neither a ticket nor a grant shortly before."""
        alone = [e for e, placement in self.case.placements if placement.where is Where.NOWHERE and not self._just(e)]
        together = sittings(alone, who=lambda e: (e.person, e.system), gap=self.case.policy.session_gap)
        for sitting in together:
            first = sitting[0]
            span = (first.starts_at, max(e.ends_at for e in sitting))
            yield self._untold(first.person or "", (first.system or "",), Level.WRITE, span, grants=[])

    def beside(self, findings: Iterable[Finding]) -> Iterator[Story]:
        """Stories of sessions that only a finding speaks of, each once; of somebody who had left, changes too."""
        spans = {(one.person, one.system, one.starts_at): one.ends_at for one in findings}
        for (person, system, start), ends in spans.items():
            if start and self._work(person, (system or "",), start, ends or start):
                yield self._untold(person or "", (system or "",), Level.READ, (start, ends or start), grants=[])

    def _just(self, episode: Episode) -> bool:
        """Whether the changes belong to the story of a grant without a ticket."""
        return any(
            grant.ticket is None
            and episode.system in grant.systems
            and grant.time <= episode.starts_at <= min(grant.expires_at or self.case.at, grant.time + _DAY)
            for grant in self.grants.get(episode.person or "", ())
        )

    def _of_ticket(self, ticket: Ticket, ref: TicketRef, person: str | None, start: datetime, ends: datetime) -> Story:
        told = (pointer(ticket),)
        work = self._work(person, ref.systems, start, ends)
        approved = bool(ticket.approver or ticket.approval)
        return Story(
            ticket=ticket.ticket,
            url=ticket.url,
            title=ticket.title or ticket.reason or "",
            person=person,
            systems=ref.systems,
            level=ref.level,
            starts_at=start,
            ends_at=ends,
            links=(
                Link(
                    kind=LinkKind.REQUEST,
                    state=LinkState.PRESENT,
                    at=ticket.opened_at,
                    who=ref.requester or ticket.requester,
                    said=ticket.reason or ticket.title or "",
                    evidence=told,
                ),
                Link(
                    kind=LinkKind.APPROVAL,
                    state=_approved(ticket),
                    at=ticket.approved_at,
                    who=ref.approver or ticket.approver,
                    said=(ticket.approval or "") if approved else "nobody approved it",
                    evidence=told if approved else (),
                ),
                self._grant(person, ref.systems, self._granted(ticket.ticket, person), work),
                *self._done(work),
                self._closeout(ticket, ends),
            ),
        )

    def _untold(
        self,
        person: str,
        systems: tuple[str, ...],
        level: Level,
        span: tuple[datetime, datetime],
        grants: Sequence[Grant],
    ) -> Story:
        """A story that begins without a ticket."""
        known = self.case.allowed.unknown(span[0])
        state = LinkState.UNKNOWN if known else LinkState.MISSING
        nobody = {kind: known or f"there is no {kind}" for kind in (LinkKind.REQUEST, LinkKind.APPROVAL)}
        work = self._work(person, systems, *span)
        return Story(
            ticket=None,
            title=grants[0].what if grants else "",
            person=person,
            systems=systems,
            level=level,
            starts_at=span[0],
            ends_at=span[1],
            links=(
                *(Link(kind=kind, state=state, said=said) for kind, said in nobody.items()),
                self._grant(person, systems, grants, work),
                *self._done(work),
                Link(kind=LinkKind.CLOSEOUT, state=state, said=known or "nobody wrote what was done"),
            ),
        )

    def _work(self, person: str | None, systems: Iterable[str], start: datetime, ends: datetime) -> list[Episode]:
        """What the person did on the systems in a stretch of time, give or take the tolerance."""
        tolerance = self.case.policy.overlap_tolerance
        found = []
        for system in systems:
            own = self.episodes.get((person or "", system), ())
            own = own[: bisect_right(own, ends + tolerance, key=attrgetter("starts_at"))]
            found += [episode for episode in own if episode.ends_at >= start - tolerance]
        return sorted(found, key=attrgetter("starts_at"))

    def _granted(self, ticket: str, person: str | None) -> list[Grant]:
        """What the person was given for the ticket: what names it, or names none and was given in its window."""
        return [
            grant
            for grant in self.grants.get(person or "", ())
            if ticket in ([grant.ticket] if grant.ticket else [w.ticket for w in self.case.allowed.grant(grant)])
        ]

    def _grant(
        self, person: str | None, systems: Sequence[str], grants: Sequence[Grant], work: Sequence[Episode]
    ) -> Link:
        if grants:
            by = grants[0].granted_by or ""
            return Link(
                kind=LinkKind.GRANT,
                state=LinkState.PRESENT,
                at=grants[0].time,
                until=max((grant.expires_at for grant in grants if grant.expires_at), default=None),
                who=self.case.who(by).person or by or None,
                said=listing(dict.fromkeys(grant.what for grant in grants)),
                count=len(grants),
                evidence=tuple(grant.evidence for grant in grants[:_MOST_EVIDENCE]),
            )
        held = [self.held[person, system] for system in systems if person and (person, system) in self.held]
        if held:
            return Link(kind=LinkKind.GRANT, state=LinkState.NOT_NEEDED, said=listing(dict.fromkeys(held)))
        if not work:
            return Link(kind=LinkKind.GRANT, state=LinkState.NOT_NEEDED, said="nothing was given")
        state = LinkState.UNKNOWN if self.blind else LinkState.MISSING
        return Link(kind=LinkKind.GRANT, state=state, said="no log tells who gave the access")

    def _done(self, work: Sequence[Episode]) -> tuple[Link, Link]:
        """The sessions, and what was changed in them."""
        if not work:
            state = LinkState.UNKNOWN if self.blind else LinkState.NOT_NEEDED
            return (
                Link(kind=LinkKind.SESSION, state=state, said="nobody was seen at work in its time"),
                Link(kind=LinkKind.CHANGES, state=state, said="no change was seen in its time"),
            )
        samples = tuple(episode.sample for episode in work[:_MOST_EVIDENCE])
        session = Link(
            kind=LinkKind.SESSION,
            state=LinkState.PRESENT,
            at=work[0].starts_at,
            until=max(episode.ends_at for episode in work),
            who=work[0].person,
            said=listing(sorted({address for episode in work for address in episode.source_ips}), 2),
            count=len(work),
            evidence=samples,
        )
        return session, _changes(self.case, work, samples)

    def _closeout(self, ticket: Ticket, ends: datetime) -> Link:
        lacking, untold = closeout_lacks(ticket, "it "), closeout_untold(ticket)
        if (lacking or untold) and ticket.closed_at is None and ends + self.case.policy.session_gap > self.case.at:
            return Link(kind=LinkKind.CLOSEOUT, state=LinkState.NOT_NEEDED, said="it is not over yet")
        return Link(
            kind=LinkKind.CLOSEOUT,
            state=LinkState.MISSING if lacking else LinkState.UNKNOWN if untold else LinkState.PRESENT,
            at=ticket.closed_at,
            said=listing(lacking) or untold or ticket.closeout or "",
            evidence=(pointer(ticket),),
        )


def _approved(ticket: Ticket) -> LinkState:
    if ticket.words_unread:
        return LinkState.UNKNOWN
    return LinkState.PRESENT if ticket.approver or ticket.approval else LinkState.MISSING


def _changes(case: Case, work: Sequence[Episode], samples: tuple[Evidence, ...]) -> Link:
    changing = [episode for episode in work if episode.changes]
    if not changing:
        return Link(kind=LinkKind.CHANGES, state=LinkState.NOT_NEEDED, said="nothing was changed")
    return Link(
        kind=LinkKind.CHANGES,
        state=LinkState.PRESENT,
        at=changing[0].starts_at,
        until=max(episode.ends_at for episode in changing),
        who=changing[0].person,
        said=listing(dict.fromkeys(chain.from_iterable(episode.change_actions for episode in changing)), _MOST_ACTIONS),
        count=sum(episode.changes for episode in changing),
        agents=tuple(sorted({through.name for e in changing if case.by_agent(e) and (through := case.through(e))})),
        evidence=samples,
    )


def _held(case: Case) -> dict[tuple[str, str], str]:
    """Where each person can change a system anyway, in words."""
    found: dict[tuple[str, str], str] = {}
    lasting = (a for a in case.access if a.person and a.writes and a.expires_at is None)
    for access in sorted(lasting, key=lambda a: (a.ticket is not None, a.ticket or "")):
        words = f"still has the access given for {access.ticket}" if access.ticket else "has standing access"
        for system in case.config.systems:
            if reaches(access, system):
                found.setdefault((access.person or "", system.id), words)
    return found
