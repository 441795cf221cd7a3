"""What a period's acts would have been without some rights: read from stored evidence, with what it cannot show."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from auditor.activity.limits import Limits
from auditor.activity.results import Silence, UsedAct
from auditor.activity.times import merged
from auditor.case.allowed import Allowed
from auditor.case.attribution import attributed
from auditor.case.coverage import coverage, failed_sources, known_until
from auditor.case.deployed import with_deployments
from auditor.case.duty import read_duties
from auditor.case.people import People, people_of
from auditor.case.removal import JudgedAct, Removal, removal
from auditor.case.ticket_people import Reader
from auditor.case.windows import ticket_refs
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots, snapshots, tickets_between
from auditor.evidence.store import Store
from auditor.model.handles import Handle, read_handle
from auditor.model.hosts import Places
from auditor.model.tables import Activity, ServiceUse, Ticket, Trail
from auditor.providers.permitted import gone, named_right
from auditor.providers.registry import provider
from auditor.providers.systems import Systems
from auditor.providers.unseen import Unseen

# Tables that say who holds what; sources of tickets alone are not read.
_RIGHTS = frozenset({"accounts", "memberships", "policies", "grants", "credentials", "service_uses", "trails"})
_MOST_TICKETED = 12
"""As many acts are told with the ticket that they were last done under: as many as anybody reads."""


class LastUse(Struct, frozen=True):
    """The last use that a provider knows of; where it would know of every use since a moment, `watched_since` is that.

    What has been watched since it was made has been watched all the time.
    """

    at: datetime | None = None
    watched_since: datetime | None = None
    whole: bool = False

    def idle_since(self, moment: datetime) -> bool:
        """Whether it is known not to have been used since then."""
        watched = self.whole or (self.watched_since is not None and self.watched_since <= moment)
        return watched and (self.at is None or self.at < moment)


class Replayed(Struct, frozen=True, kw_only=True):
    """What taking rights away would have done to the acts of a period, and what cannot be known of it.

    Args:
        from_: the first moment that was asked about.
        known_from: the first moment that any log tells of; None where there is no log.
        credentials: of each right that is a credential the last use that the provider knows of; None of others.
        unheard: accounts, projects and hosts of which there is no log at all.
        silences: stretches without any record, of those that the rights are in.
        unseen: uses that no log shows.
        failed: sources of activity or rights that the latest run could not read.
    """

    config: Config
    from_: datetime
    at: datetime
    known_from: datetime | None
    removal: Removal
    credentials: tuple[LastUse | None, ...]
    unheard: tuple[str, ...]
    silences: tuple[Silence, ...]
    unseen: tuple[Unseen, ...]
    failed: tuple[str, ...]


def replayed(store: Store, config: Config, handles: Collection[Handle], at: datetime, period: timedelta) -> Replayed:
    """Judge what was done with rights that are to be taken away, in a period up to a moment."""
    rows = rights_rows(store, config, at)
    config, people = people_of(config, rows)
    silence = config.policy.max_log_silence
    limits = Limits(period_from=at - period, period_to=at, zone=config.zone, max_silence=silence)
    with attributed(store, limits, people, Systems(config), config.engine) as activity:
        known = activity.known_places(coverage(store, config, at - period, at))
        acts = with_deployments(store, config, people, activity.used_acts, (at - period, at))
        found = removal(config, rows, handles, acts, at)
        done = acts(found.accounts) if found.accounts else ()
        silences, heard = activity.digester.hearing()
        heard |= {caller.scope for caller in activity.callers}
    heard |= {act.scope for act in done}
    scopes = log_scopes(rows, found.after, found.handles, found.accounts, done)
    names = {str(handle.get("provider")) for handle in found.handles}
    unseen = (one for name in sorted(names) for one in provider(name).unseen(rows, found.after, at - period, at))
    of = {Activity.TABLE, *(_RIGHTS - {ServiceUse.TABLE, Trail.TABLE})}
    return Replayed(
        config=config,
        from_=at - period,
        at=at,
        known_from=min((part.from_time for part in store.parts(Activity)), default=None),
        removal=replace(found, judged=tuple(_under_tickets(store, config, people, known, found.judged, at))),
        credentials=tuple(_last_use(rows, found.after, handle) for handle in found.handles),
        unheard=tuple(sorted(scopes - heard)),
        silences=tuple(one for one in silences if one.scope in scopes),
        unseen=tuple(unseen),
        failed=tuple(name for name, feeds in failed_sources(store, config, at).items() if of.intersection(feeds)),
    )


def rights_rows(store: Store, config: Config, at: datetime) -> Snapshots:
    """The latest rows that bear on rights; tickets only where a source feeds both."""
    names = [source.name for source in config.feeding(*_RIGHTS)]
    return snapshots(store, config, at, names)


def _last_use(rows: Snapshots, after: Snapshots, handle: Handle) -> LastUse | None:
    """When the credential that a handle names was last used; None where it names none."""
    for row in gone(rows.credentials, after.credentials):
        if named_right(read_handle(row.handle or "")) == named_right(handle):
            told = row.last_used_at or row.never_used
            return LastUse(row.last_used_at, row.created_at if told else None, whole=bool(told))
    return None


def log_scopes(
    rows: Snapshots, after: Snapshots, handles: Iterable[Handle], accounts: Collection[str], acts: Iterable[UsedAct]
) -> set[str]:
    """The accounts, projects and hosts whose logs would show the use of rights that are in rows and not in others."""
    places = {row.resource for row in gone(rows.grants, after.grants)}
    places |= {row.scope for row in rows.accounts if row.account in accounts}
    names = {str(handle.get("provider")) for handle in handles}
    due = {scope for name in names for scope in provider(name).places_to_log(rows.accounts, rows.credentials)}
    return (places & due) | {act.scope for act in acts if act.account in accounts}


def _under_tickets(
    store: Store, config: Config, people: People, known: Places, judged: Sequence[JudgedAct], at: datetime
) -> Iterator[JudgedAct]:
    """The acts with the tickets that they name or, of the foremost, in whose windows they were last done."""
    foremost, tolerance = judged[:_MOST_TICKETED], config.policy.overlap_tolerance
    times = {one.act.last_at for one in foremost if one.act.person and one.act.system}
    tickets: Mapping[str, Ticket] = {
        row.ticket: row
        for first, last in merged((time - tolerance, time + tolerance) for time in times)
        for row in tickets_between(store, config, at, first, last)
    }
    duties = read_duties(store, config, people, at) if tickets else None
    reader = Reader(people, Systems(config), config, duties, known)
    refs = ticket_refs(tickets.values(), reader, at)
    allowed = Allowed(refs, tolerance, known_until(store, config, at, Ticket.TABLE))
    for number, one in enumerate(judged):
        act = one.act
        own = act.person, act.system, act.place
        windows = allowed.windows(*own, act.last_at, act.last_at) if number < _MOST_TICKETED else ()
        yield replace(one, tickets=tuple(dict.fromkeys((*act.tickets, *(window.ticket for window in windows)))))
