"""Exposure: for how long people could change production in the week up to an audit, and for how long they did.

docs/exposure.md has the definition with its arithmetic. All of it is unions of stretches of whole minutes: a minute
belongs to a stretch where any part of it does.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise

from msgspec import Struct

from auditor.activity.times import merged
from auditor.case.case import CHANGING, Case
from auditor.case.coverage import no_source
from auditor.case.lowering import Held, lowering
from auditor.case.nights import Night
from auditor.model.entitlements import Entitlement, Grant
from auditor.model.exposure import Exposure, SystemExposure
from auditor.model.groups import grouped
from auditor.model.tables import Account, Activity, Credential, Membership, Policy
from auditor.model.tables import Grant as GrantRow
from auditor.model.vocabulary import Category, CoverageStatus
from auditor.providers.changes import Seen
from auditor.providers.registry import provider
from auditor.providers.systems import in_scope

WEEK = timedelta(days=7)
_RIGHTS = {table.TABLE for table in (Account, Credential, GrantRow, Membership, Policy)}
_MINUTE, _MOMENT = timedelta(minutes=1), timedelta(microseconds=1)

Span = tuple[datetime, datetime]
Pair = tuple[str, str]
"""A person and a system, by their ids."""


class Spans(Struct, frozen=True):
    """When somebody could change a system, and when that cannot be told."""

    known: tuple[Span, ...] = ()
    unknown: tuple[Span, ...] = ()

    def __add__(self, other: "Spans") -> "Spans":
        return Spans(self.known + other.known, self.unknown + other.unknown)


def exposure(case: Case, nights: Sequence[Night], lost: Iterable[str] = (), length: timedelta = WEEK) -> Exposure:
    """The week up to the audit, run by run; `lost` are runs of which it cannot be read who could change production."""
    week = _Week(case, nights, length)
    used = week.used if not no_source(case.config, Activity.TABLE) else None
    could = {pair: week.could(pair) for pair in week.pairs}
    return Exposure(
        period_from=week.since,
        period_to=week.until,
        systems=tuple(_system(system.id, week, could, used) for system in case.config.systems),
        removals=lowering(case, _held(week, could, used)),
        unknown=tuple(_unknown(case, lost)),
    )


def _system(
    system: str, week: "_Week", could: Mapping[Pair, Spans], used: Mapping[Pair, Sequence[Span]] | None
) -> SystemExposure:
    standing = temporary = unknown = worked = 0
    for pair, spans in could.items():
        if pair[1] == system:
            at_work = week.used.get(pair, ())
            possible = week.minutes((*spans.known, *at_work))
            always = week.minutes(week.could(pair, standing=True).known)
            standing += always
            temporary += possible - always
            unknown += week.minutes((*spans.known, *at_work, *spans.unknown)) - possible
            worked += week.minutes(at_work)
    return SystemExposure(
        system=system, standing=standing, temporary=temporary, used=None if used is None else worked, unknown=unknown
    )


class _Week:
    """The week of a case: what held in it, by person and system."""

    def __init__(self, case: Case, nights: Sequence[Night], length: timedelta) -> None:
        self.case = case
        self.until = case.at.astimezone(UTC).replace(second=0, microsecond=0)
        self.since = self.until - length
        self.nights = nights
        self.first = min([self.since, *(night.at for night in nights)])
        self._reached: dict[tuple[str, str], tuple[str, ...]] = {}
        self.held = [self._by_pair(night.access) for night in self.nights]

    @cached_property
    def used(self) -> Mapping[Pair, Sequence[Span]]:
        """When each person was at work in which they changed a system."""
        found: defaultdict[Pair, list[Span]] = defaultdict(list)
        for episode in (*self.case.episodes, *self.case.beyond):
            if episode.person and episode.system and episode.changes:
                parts = [part.span for part in episode.stretches if part.changes] or [episode.span]
                found[episode.person, episode.system] += [
                    (start, end + _MOMENT) for start, end in parts if end >= self.since and start < self.until
                ]
        return {pair: spans for pair, spans in found.items() if spans}

    @cached_property
    def given(self) -> Mapping[Pair, Sequence[Grant]]:
        """What each person was given that week, that changes a system."""
        given = (one for one in self.case.grants if one.level.changes and self.first < one.time <= self.until)
        return grouped(((who, system), one) for one in given if (who := one.identity.person) for system in one.systems)

    @cached_property
    def taken(self) -> Sequence[tuple[datetime, str, str]]:
        """When rights were taken away, as the log tells, by provider, and from whom or what."""
        seen = Seen(self.case.accounts, self.case.policies, (), self.case.judged_events)
        events = [
            one
            for one in self.case.judged_events
            if one.category == Category.GRANT and one.outcome == "ok" and self.first < one.time <= self.until
        ]
        return [
            (event.time, event.provider, change.principal)
            for event in events
            for change in provider(event.provider).changes(event, seen)
            if change.gives is change.restricts
        ]

    @property
    def pairs(self) -> list[Pair]:
        """Everybody with a system that they could change, or may have been able to."""
        return sorted({*self.given, *self.used, *(pair for held in self.held for pair in held)})

    def could(self, pair: Pair, *, standing: bool = False) -> Spans:
        """When somebody could change a system; by standing rights alone, where those are asked for."""
        given = [one for one in self.given.get(pair, ()) if not standing or self._is_standing_grant(one)]
        ends = [(night.at, self._of(number, pair, standing=standing)) for number, night in enumerate(self.nights)]
        first: list[tuple[datetime, list[Entitlement] | None]] = []
        if not ends or ends[0][0] > self.since:
            first = [(self.since, None)]
        last: list[tuple[datetime, list[Entitlement] | None]] = []
        if not ends or ends[-1][0] < self.until:
            last = [(self.until, None)]
        moments = [*first, *ends, *last]
        found = Spans()
        for (opens, before), (closes, after) in pairwise(moments):
            if closes > self.since:
                within = [one for one in given if opens < one.time <= closes]
                found += self._between((opens, closes), before, after, within, pair[0])
        return found

    def minutes(self, spans: Iterable[Span]) -> int:
        """How many minutes of the week stretches touch."""
        return sum((end - start) // _MINUTE for start, end in merged(self._cut(spans)))

    def _cut(self, spans: Iterable[Span]) -> Iterator[Span]:
        for start, end in spans:
            opens = max(start.astimezone(UTC).replace(second=0, microsecond=0), self.since)
            closes = min(-((self.since - end) // _MINUTE) * _MINUTE + self.since, self.until)
            if start < end and opens < closes:
                yield opens, closes

    def _between(
        self,
        span: Span,
        before: list[Entitlement] | None,
        after: list[Entitlement] | None,
        given: Sequence[Grant],
        person: str,
    ) -> Spans:
        """What held between two nights; a night that there was not is None. Held at both is held all the time."""
        if before and after:
            return Spans(known=(span,))
        found = Spans()
        for path in after or ():
            found += self._since(path, span, given, is_new=before is not None)
        for path in before or ():
            found += self._until(span, path.expires_at, self._gone(path, person, span))
        for grant in given:
            doubt = ((max(grant.since, span[0]), grant.time),) if grant.since else ()
            rest = grant.time, span[1]
            known = Spans((rest,)) if after else self._until(rest, grant.expires_at, self._gone_grant(grant, rest))
            found += Spans(unknown=doubt) + known
        return found

    @staticmethod
    def _since(path: Entitlement, span: Span, given: Sequence[Grant], *, is_new: bool) -> Spans:
        """What holds at the end of a stretch and did not at its beginning, or may have where that was not seen."""
        opens, closes = span
        since = path.granted_at
        if since is not None and since <= closes and (since > opens or not is_new):
            return Spans(known=((max(since, opens), closes),))
        if is_new and given:
            return Spans()  # what was given says since when
        return Spans(unknown=(span,))

    @staticmethod
    def _until(span: Span, expires_at: datetime | None, gone: Sequence[datetime]) -> Spans:
        """What held at the beginning of a stretch and was not seen at its end."""
        opens, closes = span
        ends = [*gone, *([expires_at] if expires_at and expires_at <= closes else [])]
        if not ends:
            return Spans(unknown=(span,))
        earliest, latest = min(ends), max(ends)
        if expires_at:
            latest = min(latest, max(expires_at, earliest))
        return Spans(known=((opens, earliest),), unknown=((earliest, latest),) if latest > earliest else ())

    def _gone(self, path: Entitlement, person: str, span: Span) -> list[datetime]:
        """When something was taken away in a stretch that the path may have rested on."""
        words = {word for step in path.path for word in step.split()}
        return [
            time
            for time, name, principal in self.taken
            if span[0] < time <= span[1]
            and name == path.provider
            and (principal == path.account or self._person(principal) == person or principal.split("/")[-1] in words)
        ]

    def _gone_grant(self, grant: Grant, span: Span) -> list[datetime]:
        return [time for time, _, who in self.taken if span[0] < time <= span[1] and who == grant.recipient]

    def _person(self, principal: str) -> str | None:
        return self.case.who(principal).person

    def _of(self, number: int, pair: Pair, *, standing: bool) -> list[Entitlement]:
        paths = self.held[number].get(pair, [])
        at = self.nights[number].at
        return [one for one in paths if not (standing and self.case.allowed.temporary(one, at, self.case.policy))]

    def _is_standing_grant(self, grant: Grant) -> bool:
        policy = self.case.policy
        near = grant.time + policy.max_grant + policy.overlap_tolerance
        return not (self.case.allowed.grant(grant) or (grant.expires_at and grant.expires_at <= near))

    def _by_pair(self, access: Iterable[Entitlement]) -> Mapping[Pair, list[Entitlement]]:
        reached = ((one, (one.system,) if one.system else self._systems_in(one.provider, one.scope)) for one in access)
        return grouped(((path.person or "", system), path) for path, systems in reached for system in systems)

    def _systems_in(self, name: str, scope: str) -> tuple[str, ...]:
        if (name, scope) not in self._reached:
            systems = self.case.config.systems
            self._reached[name, scope] = tuple(one.id for one in systems if in_scope(one, scope, name))
        return self._reached[name, scope]


def _held(week: _Week, could: Mapping[Pair, Spans], used: Mapping[Pair, Sequence[Span]] | None) -> Iterator[Held]:
    """What still stands at the end of the week, with what of the week it made possible."""
    for (person, system), paths in (week.held[-1] if week.held else {}).items():
        lasting = [one for one in paths if not week.case.allowed.temporary(one, week.case.at, week.case.policy)]
        if lasting:
            at_work = week.used.get((person, system), ())
            yield Held(
                person=person,
                system=system,
                paths=tuple(paths),
                minutes=week.minutes((*could[person, system].known, *at_work)),
                used=None if used is None else week.minutes(at_work),
            )


def _unknown(case: Case, lost: Iterable[str]) -> Iterator[str]:
    """What could not be counted."""
    for source, tables in sorted(case.failed.items()):
        if _RIGHTS & set(tables):
            yield f"the source {source} could not be read, and what rests on it may have changed"
    for system in case.unseen_systems:
        yield f"the rights on {case.system_name(system)} were not read, or not all"
    if unclear := sum(bool(_RIGHTS & set(one.tables)) for one in case.unresolved):
        yield f"{unclear:,} of the rights could not be made out"
    writing = (path for path in case.access if path.writes and not path.person)
    if nobodys := {path.account for path in writing if path.identity.actor_class in CHANGING and not path.opened_by}:
        yield f"the hours of {len(nobodys):,} {'account' if len(nobodys) == 1 else 'accounts'} that nobody owns"
    for run in lost:
        yield f"who could change what at the run {run} cannot be read"
    if missing := no_source(case.config, Activity.TABLE):
        yield f"{missing}, so that use is not known"
    feeding = {source.name for source in case.config.feeding(Activity.TABLE)}
    in_part = {seen.source for seen in case.coverage if seen.status != CoverageStatus.OK}
    if partly := sorted(in_part & feeding):
        yield f"not all of {', '.join(partly)} was read: what was used is a least number"
