"""The case that rules judge: small, resolved, typed; single events only where they are judged one by one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from auditor.activity.results import AlternatingUse, Episode, JudgedEvent, KeyUse, Silence
from auditor.case.allowed import Allowed
from auditor.case.attribution import Key, KnownBy
from auditor.case.carried_out import CarriedOut
from auditor.case.coverage import no_source
from auditor.case.duty import Duties, OnDuty
from auditor.case.people import People
from auditor.case.placement import Placement, Where
from auditor.case.policy_changes import PolicyChanges
from auditor.case.releases import Release
from auditor.case.rewritten import Rewritten
from auditor.case.secrets import Secrets
from auditor.case.ticket_times import was_dropped
from auditor.config.models import Config
from auditor.config.policy import Policy
from auditor.config.systems import System
from auditor.ledger import Head
from auditor.model.entitlements import Entitlement, ForeignTrust, Grant, Identity, Unresolved
from auditor.model.findings import CoverageLine
from auditor.model.groups import grouped
from auditor.model.tables import Account, Activity, Credential, Pipeline, Ticket, Trail
from auditor.model.tables import Policy as PolicyRow
from auditor.model.through import Through, ThroughKind
from auditor.model.tickets import TicketRef
from auditor.model.trail_files import TrailFiles
from auditor.model.vocabulary import ActorClass
from auditor.providers.registry import provider
from auditor.providers.systems import Systems

CHANGING = frozenset({ActorClass.PERSON, ActorClass.UNKNOWN})
"""Those whose changes need a window of their own: robots, root and break-glass have rules of theirs."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """Everything a rule may look at. The time of the audit is `at`: rules have no clock.

    A case equals itself only, so that what several rules ask of it is worked out once and kept by the case.

    Args:
        failed: sources that could not be read in this run, by name, with the tables each feeds.
        tickets_until: tickets are known until then; None where they were never read.
        tickets_lost: why there may be others than these, where some could not be read.
        access: every path of every holder to every system, pipelines and services included.
        eligible: paths that nobody has, but their holder may ask for; no rule judges them.
        secrets: who opened those that people keep together, and when they were changed.
        writing_roles: role and system for every role whose sessions can change the system; None for all of an account.
        unseen_systems: systems of which the rights were not read, or not all.
        releases: deployments to the systems' production that were under way in the period, earliest first.
        pipelines: runs of pipelines that were open in the period, of every project that is read.
        episodes: what was done, as the digest has it.
        beyond: what stands for those that could not be judged one by one.
        known_by: by what evidence it is known who acted, by account, actor and credential.
        undeclared: callers that no entry of auditor.yaml is behind, likewise.
        gone: tickets that were read in the period and are in no source any more: they leave doubt, and allow nothing.
        borrowed: whom else sessions called themselves, as a roster id, by session and by the one who opened it.
        key_uses: from where and with which programs robots' keys were used.
        heard: accounts and hosts of which any record exists.
        days: of which each source of activity has any record.
        lost: runs that the ledger knows and the chain of evidence does not.
        policy_changes: how what runs were judged by changed in the period.
        rewritten: tickets that two runs of the period know differently, edited after their time had begun.
        duties: what rotas tell; without them, auditor.yaml says who is on duty.
        trails: what trails record; trail_files: whether their files are what was delivered.
    """

    config: Config
    at: datetime
    period_from: datetime
    accounts: Sequence[Account] = ()
    credentials: Sequence[Credential] = ()
    policies: Sequence[PolicyRow] = ()
    tickets: Sequence[Ticket] = ()
    tickets_until: datetime | None = None
    tickets_lost: str = ""
    access: Sequence[Entitlement] = ()
    eligible: Sequence[Entitlement] = ()
    secrets: Secrets = field(default_factory=Secrets)
    foreign_trusts: Sequence[ForeignTrust] = ()
    writing_roles: Collection[tuple[str, str | None]] = ()
    refs: Mapping[str, TicketRef] = field(default_factory=dict)
    gone: Sequence[TicketRef] = ()
    grants: Sequence[Grant] = ()
    releases: Sequence[Release] = ()
    pipelines: Sequence[Pipeline] = ()
    episodes: Sequence[Episode] = ()
    beyond: Sequence[Episode] = ()
    known_by: KnownBy = field(default_factory=dict)
    undeclared: Collection[Key] = ()
    borrowed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    judged_events: Sequence[JudgedEvent] = ()
    alternating_uses: Sequence[AlternatingUse] = ()
    key_uses: Sequence[KeyUse] = ()
    last_used: Mapping[str, datetime] = field(default_factory=dict)
    silences: Sequence[Silence] = ()
    first_run: datetime | None = None
    heard: Collection[str] = ()
    trails: Sequence[Trail] = ()
    lost: Sequence[Head] = ()
    policy_changes: PolicyChanges = field(default_factory=PolicyChanges)
    rewritten: Mapping[str, Rewritten] = field(default_factory=dict)
    trail_files: TrailFiles = field(default_factory=TrailFiles)
    duties: Duties | None = None
    coverage: Sequence[CoverageLine] = ()
    days: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    unseen_systems: tuple[str, ...] = ()
    failed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unresolved: Sequence[Unresolved] = ()

    @property
    def policy(self) -> Policy:
        """What the team agreed on."""
        return self.config.policy

    @property
    def log_failed(self) -> bool:
        """Whether a source of what anybody did could not be read."""
        return any(Activity.TABLE in tables for tables in self.failed.values())

    @cached_property
    def allowed(self) -> Allowed:
        """What tickets allow: to be asked of work, rights and grants."""
        return Allowed(
            self.refs.values(),
            self.policy.overlap_tolerance,
            self.tickets_until,
            no_source(self.config, Ticket.TABLE),
            self.tickets_lost,
            self.gone,
        )

    @cached_property
    def placements(self) -> Sequence[tuple[Episode, Placement]]:
        """Episodes of change on a system, of people and of sessions that nobody can be tied to, and where they lie.

        Of an episode the changes that no window covers decide. Those of people who had left no window allows, and what
        gives and takes rights for somebody else's window lies in that.
        """
        return [
            (episode, self._placement(episode))
            for episode in self.episodes
            if episode.actor_class in CHANGING and episode.system and episode.changes and not self.had_left(episode)
        ]

    @cached_property
    def unplaced(self) -> Mapping[tuple[str, str, str], Sequence[Episode]]:
        """Episodes of change on what no system claims, by who, provider and scope; as `placements` has them."""
        return self._unclaimed(lambda episode: episode.changes > 0)

    @cached_property
    def unplaced_shells(self) -> Mapping[tuple[str, str, str], Sequence[Episode]]:
        """Shells in the cloud on what no system claims, with no change in the log; likewise."""
        return self._unclaimed(
            lambda episode: not (episode.changes or provider(episode.provider).OPENS_SHELLS) and opens_shell(episode)
        )

    def _unclaimed(self, wanted: Callable[[Episode], bool]) -> Mapping[tuple[str, str, str], Sequence[Episode]]:
        found: dict[tuple[str, str, str], list[Episode]] = {}
        for episode in self.episodes:
            if episode.actor_class in CHANGING and not episode.system and wanted(episode):
                who = self.name(episode.person) if episode.person else episode.account or episode.actor or "somebody"
                found.setdefault((who, episode.provider, episode.scope), []).append(episode)
        return found

    def on_duty(self, system: System, first: datetime, last: datetime | None = None) -> OnDuty:
        """Who was on duty for a system at a moment, or at any time until another."""
        return (self.duties or Duties(self.config, self.people)).on(system, first, last)

    def by_agent(self, episode: Episode) -> bool:
        """Whether an agent did it in somebody's session."""
        through = self.through(episode)
        return through is not None and through.kind is ThroughKind.AGENT

    def has_left(self, person: str | None) -> bool:
        """Whether somebody's last day, in the organisation's zone, is over."""
        return self.config.has_left(person, self.at)

    def is_here(self, person: str | None) -> bool:
        """Whether somebody is on the roster, and stays."""
        return person in self.config.people_by_id and not self.has_left(person)

    def had_left(self, episode: Episode) -> bool:
        """Whether somebody did it after they had left."""
        return self.config.has_left(episode.person, episode.ends_at)

    def _placement(self, episode: Episode) -> Placement:
        if episode.person and not episode.uncovered:
            return Placement(Where.COVERED)
        own = episode.person, episode.system, episode.place, *episode.stretch
        if episode.whole and (window := self._carried_out.window(*own, episode.change_actions)):
            return Placement(Where.COVERED, window)
        return self.allowed.work(*own)

    @cached_property
    def _carried_out(self) -> CarriedOut:
        return CarriedOut(self.judged_events, self.grants, self.allowed)

    @cached_property
    def episodes_of_login(self) -> Mapping[str, Sequence[Episode]]:
        """Episodes in which a login was really opened, by login account."""
        return grouped((episode.account, episode) for episode in self.episodes if episode.account and episode.logins)

    @cached_property
    def episodes_of(self) -> Mapping[tuple[str, str], Sequence[Episode]]:
        """Each person's episodes on each system."""
        return grouped(
            ((episode.person, episode.system), episode)
            for episode in self.episodes
            if episode.person and episode.system
        )

    @cached_property
    def last_acts(self) -> Mapping[tuple[str | None, str | None], datetime]:
        """When each person last logged in to or changed each system in the period."""
        last: dict[tuple[str | None, str | None], datetime] = {}
        for episode in (*self.episodes, *self.beyond):
            if episode.logins or episode.changes:
                key = (episode.person, episode.system)
                last[key] = max(episode.ends_at, last.get(key, episode.ends_at))
        return last

    @cached_property
    def changes_made(self) -> Mapping[tuple[str | None, str | None], Sequence[str]]:
        """By which actions each person changed each system in the period, earliest first."""
        made: dict[tuple[str | None, str | None], dict[str, None]] = {}
        for episode in (*self.episodes, *self.beyond):
            if episode.changes and episode.person:
                made.setdefault((episode.person, episode.system), {}).update(dict.fromkeys(episode.change_actions))
        return {key: tuple(actions) for key, actions in made.items()}

    @cached_property
    def ticket_rows(self) -> Mapping[str, Ticket]:
        """Tickets by id."""
        return {row.ticket: row for row in self.tickets}

    @cached_property
    def tickets_in_period(self) -> Sequence[tuple[Ticket, TicketRef]]:
        """Tickets of which something came, alive at some time in the period, each with its names resolved."""
        came = (ticket for ticket in self.tickets if self._was_alive(ticket) and not was_dropped(ticket))
        alive = ((ticket, self.refs[ticket.ticket]) for ticket in came)
        return [(ticket, ref) for ticket, ref in alive if not _is_for_later(ticket, ref)]

    @cached_property
    def tickets_dropped(self) -> Mapping[tuple[str, str], Sequence[Ticket]]:
        """Tickets of which nothing came, by each person and system that they were for."""
        dropped = ((self.refs[ticket.ticket], ticket) for ticket in self.tickets if was_dropped(ticket))
        return grouped(((p, s), ticket) for ref, ticket in dropped for p in ref.people for s in ref.systems)

    @cached_property
    def broker_requests(self) -> Sequence[TicketRef]:
        """What access brokers were asked for and gave on systems: requests that stand in their log and in no ticket."""
        return [ref for ref in self.refs.values() if ref.asked and ref.systems]

    @cached_property
    def tickets_for_later(self) -> int:
        """How many tickets of the period are for systems alone that are not judged yet."""
        alive = ((one, self.refs[one.ticket]) for one in self.tickets if self._was_alive(one))
        return sum(_is_for_later(one, ref) and not ref.elsewhere for one, ref in alive)

    def _was_alive(self, ticket: Ticket) -> bool:
        times = [t for t in (ticket.opened_at, ticket.starts_at, ticket.ends_at, ticket.closed_at) if t]
        return bool(times) and max(times) >= self.period_from and min(times) <= self.at

    @cached_property
    def people(self) -> People:
        """Everybody and every declared account, to be asked by account."""
        return People(self.config, self.accounts, self.credentials, self.policies)

    @cached_property
    def systems(self) -> Systems:
        """The configured systems, to be asked by resource or name."""
        return Systems(self.config)

    def who(self, account: str) -> Identity:
        """Who is behind an account; unknown when nobody is."""
        return self.people.who(account)

    def system_of_credential(self, row: Credential) -> str | None:
        """The system that a credential opens by itself."""
        return provider(row.provider).system_of_credential(row, self.systems)

    def name(self, person: str | None) -> str:
        """A person's name as the roster has it, or the id itself."""
        known = self.config.people_by_id.get(person or "")
        return known.name if known else person or "somebody"

    def holder(self, account: str, person: str | None = None) -> str:
        """Whose an account is, for a sentence: a person's name, a declared robot's id, or else its own last part."""
        return self.name(person) if person else self.who(account).owner or account.rsplit("/", 1)[-1]

    def doer(self, done: Episode | JudgedEvent) -> str:
        """Who did something, to begin a sentence with: a person, or what acted in their session."""
        name = self.holder(done.account or done.actor or "somebody", done.person)
        through = self.through(done)
        return through.doing(name) if through else name

    def through(self, done: Episode | JudgedEvent) -> Through | None:
        """Through what something was done, where it was not done directly."""
        return provider(done.provider).through(done.through if isinstance(done, Episode) else done.invoked_by)

    def evidence_of(self, done: Episode | JudgedEvent) -> str | None:
        """By what evidence it is known who did something."""
        return self.known_by.get((done.account, done.actor, done.credential))

    def is_undeclared(self, done: Episode | JudgedEvent) -> bool:
        """Whether nobody answers for whatever did it, by itself or by whoever opened its session."""
        return (done.account, done.actor, done.credential) in self.undeclared

    def system_name(self, system: str | None) -> str:
        """A system's name as the configuration has it, or the id itself."""
        known = self.config.systems_by_id.get(system or "")
        return known.name if known else system or "production"


def _is_for_later(ticket: Ticket, ref: TicketRef) -> bool:
    """Whether it names systems, and those alone that `later` lists."""
    return bool(ticket.systems) and not ref.systems and not ref.unknown_systems


def opens_shell(episode: Episode) -> bool:
    """Whether somebody signed in to a machine, a container or a database, however they did."""
    home = provider(episode.provider)
    return episode.logins > 0 and (home.OPENS_SHELLS or any(map(home.opens_shell, episode.login_targets)))
