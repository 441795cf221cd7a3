"""A stretch of activity with everybody who acted in it made known: what a digest is made from."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec import Struct

from auditor.activity.digest import Digester
from auditor.activity.engines import opened
from auditor.activity.limits import EVERYTHING, Asked, Limits
from auditor.activity.results import Caller, IncidentEvent, Place, UsedAct
from auditor.case.callers import Callers
from auditor.case.people import People
from auditor.case.strangers import strangers
from auditor.case.ticket_times import Sign
from auditor.config.engine import AnyEngine
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.evidence.store import Store
from auditor.model.entitlements import Identity
from auditor.model.findings import CoverageLine
from auditor.model.groups import grouped
from auditor.model.hosts import Places
from auditor.model.tables import Activity, Ticket, Trail
from auditor.model.tickets import TicketRef
from auditor.model.vocabulary import ActorClass, Category, Outcome
from auditor.providers.registry import PROVIDERS, log_traits, provider
from auditor.providers.systems import Systems

Key = tuple[str | None, str | None, str | None]
KnownBy = Mapping[Key, str]

# A session is attributed by the role assumption that opened it, at most this long before.
_LONGEST_SESSION = max(one.LONGEST_SESSION for one in PROVIDERS.values() if one.LONGEST_SESSION)

# What nobody declares is one of these.
_MACHINES = (ActorClass.SERVICE, ActorClass.UNKNOWN)


class Attributed(Struct, frozen=True):
    """The activity of a period, ready to be digested.

    Args:
        callers: everybody who acted, as the log has them.
        identities: who is behind each, by its number.
        systems: what they can have acted on.
        known_by: by what evidence it is known who acted, by account, actor and credential.
        undeclared: callers that no entry of auditor.yaml is behind, and nobody in particular; likewise.
        borrowed: the roster ids that sessions called themselves while another person had opened them, by session and
            that person: several people's sessions may bear one name.
    """

    digester: Digester
    limits: Limits
    callers: Sequence[Caller]
    identities: Mapping[int, Identity]
    systems: Systems
    known_by: KnownBy
    undeclared: frozenset[Key]
    borrowed: Mapping[tuple[str, str], str]

    def place(self, acts: str = "judged_caller_acts") -> None:
        """Say which system everything belongs to that was acted on, by judged callers or in another step's acts."""
        seen = sorted({caller.place for caller in self.callers})
        claimed = [place for place in seen if self.systems.claims_things(*place)]
        self.digester.place(claimed, self.systems.of, self.systems.owners, acts)

    def known_places(self, lines: Iterable[CoverageLine]) -> Places:
        """The hosts, projects and accounts that anything was done in, or that were read."""
        return Places((*(caller.scope for caller in self.callers), *(line.scope for line in lines)))

    @property
    def places_of(self) -> Mapping[str, Collection[Place]]:
        """Where each person did anything."""
        known = ((self.identities.get(caller.caller), caller.place) for caller in self.callers)
        return grouped(dict.fromkeys((who.person, place) for who, place in known if who and who.person))

    def signs(self, of: Collection[str]) -> Sequence[Sign]:
        """When people changed some systems in the period, or gave rights there."""
        return [sign for system in sorted(of) for sign in signs(system, self.moments(system))]

    def moments(self, system: str, stretch: Limits | None = None) -> Sequence[IncidentEvent]:
        """What happened to a system in the period or a stretch of it, act by act; floods are counted."""
        seen = {caller.place for caller in self.callers}
        places = sorted(one for one in seen if system in self.systems.of_scope(*one))
        return self.digester.moments(system, places, stretch)

    def used_acts(self, accounts: Collection[str], systems: Collection[str] = ()) -> Sequence[UsedAct]:
        """What accounts did in the period, and who asked for a session as one of them, each way of it once.

        Where `systems` are named, only what was done to one of them.
        """
        self.digester.account_acts(accounts)
        if systems:
            self.place("account_acts")
            self.digester.on_systems(systems)
        return self.digester.used_acts(self.systems.of)

    def requests(self, config: Config, rows: Snapshots, tickets: Iterable[Ticket]) -> Sequence[TicketRef]:
        """What people asked access brokers for and were granted, as tickets; without those that are tickets already."""
        known = {ticket.ticket for ticket in tickets}
        by_provider = grouped((event.provider, event) for event in self.digester.broker_acts())
        found = ((provider(name), events) for name, events in by_provider.items())
        return [ref for one, events in found for ref in one.requests(config, events, rows) if ref.ticket not in known]

    def log_names(self, store: Store, config: Config, trails: Sequence[Trail]) -> Collection[tuple[str, str]]:
        """What keeps an audit trail, as the digest takes it."""
        days = (self.limits.period_from.date(), self.limits.period_to.date())
        told = self.digester.log_mentions()
        seen = {caller.provider for caller in self.callers}
        found = ((name, provider(name).log_stores(store, config, trails, told.get(name, ()), days)) for name in seen)
        return [(name, one) for name, stores in found for one in sorted(stores)]


@contextmanager
def attributed(
    store: Store,
    limits: Limits,
    people: People,
    systems: Systems,
    engine: AnyEngine,
    *,
    digested: bool = False,
    asked: Asked = EVERYTHING,
) -> Iterator[Attributed]:
    """Read the parts of a period and say who the callers are; `digested` tells that a digest follows.

    Acts that are not `asked` for are left out, but for those that opened sessions.
    """
    parts = store.scan(Activity, limits.period_from - _LONGEST_SESSION, limits.period_to)
    with opened(store, engine) as steps:
        digester = Digester(steps, parts, limits, log_traits(), digested=digested, asked=asked)
        callers = digester.callers()
        known = Callers(people, callers)
        known.open(digester.issues(known.names))
        acting = callers if asked == EVERYTHING else [one for one in callers if one.asked]
        who = known.resolve(acting)
        borrowed = {
            (c.actor, i.person): i.claims for c in acting if c.actor and (i := who[c.caller]).person and i.claims
        }
        known_by: KnownBy = {(i.account, c.actor, c.credential): i.how for c in acting if (i := who[c.caller]).how}
        undeclared = frozenset(
            (i.account, c.actor, c.credential)
            for c in acting
            if (i := who[c.caller]).actor_class in _MACHINES and not i.is_known
        )
        seen = ((c, (i := who[c.caller]), (i.account, c.actor, c.credential) in undeclared) for c in acting)
        named = dict(strangers(people, seen))
        whole = {place: systems.whole_of(*place) for place in {c.place for c in acting}}
        rows = [
            {
                "caller": c.caller,
                "person": i.person,
                "actor_class": str(i.actor_class),
                "account": i.account,
                "through": acting_itself(c),
                "stranger": named.get(c.caller),
                "opener": known.opener(c.caller),
                "everywhere": i.person in people.leavers or (c.actor, i.person) in borrowed,
                "whole_of": whole[c.place],
            }
            for c in acting
            for i in (who[c.caller],)
        ]
        digester.know(rows)
        yield Attributed(digester, limits, callers, who, systems, known_by, undeclared, borrowed)


def signs(system: str, told: Iterable[IncidentEvent]) -> Iterator[Sign]:
    """When people changed a system, or gave rights there, by what happened to it."""
    for one in told:
        if one.person and one.outcome == Outcome.OK and one.category in (Category.CHANGE, Category.GRANT):
            yield Sign(one.person, system, one.time, one.until)


def acting_itself(done: Caller | IncidentEvent) -> str | None:
    """The agent or vendor that acted in a session; a service only does as it is told."""
    through = provider(done.provider).through(done.invoked_by)
    return done.invoked_by if through and through.acts_itself else None
