"""The smallest rights that somebody's work needed, next to what they hold: asked of stored evidence."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from auditor.activity.limits import Limits
from auditor.activity.results import UsedAct
from auditor.case.access import rights
from auditor.case.attribution import Attributed, attributed
from auditor.case.coverage import failed_sources
from auditor.case.deployed import deployed
from auditor.case.people import People, people_of
from auditor.config.models import Config
from auditor.config.wording import nearest
from auditor.errors import UsageError
from auditor.evidence.snapshots import Snapshots, snapshots
from auditor.evidence.store import Store
from auditor.model.entitlements import Entitlement
from auditor.model.groups import grouped
from auditor.model.tables import Activity
from auditor.model.vocabulary import ActorClass, Capability, Outcome
from auditor.options import RunOptions
from auditor.providers.fitted import Fitted, Work
from auditor.providers.permitted import Answer
from auditor.providers.registry import account_name, provider
from auditor.providers.systems import Systems, reaches
from auditor.questions.past import stored
from reports.fit import FOLDER, Fit, Grant, slug
from reports.fit import write as write_files

_STOPPED = "refused, as by a boundary, a trust or an assignment that ended"
_NOT_FITTED = frozenset({ActorClass.PROVIDER, ActorClass.ROOT})


class _Whose(Struct, frozen=True):
    """What was asked for.

    Args:
        acted: whether somebody's acts under an account count: asked with the roster id and the account.
        systems: those that count alone; all where it is empty.
    """

    name: str
    acted: Callable[[str | None, str], bool]
    systems: frozenset[str] = frozenset()


def fit(options: RunOptions, what: str, until: datetime | None = None) -> Fit:
    """The grants that fit a person, a role or whoever works on a system.

    Args:
        options: with the time it is, and how far back to look.
        what: a roster id, e-mail or name; an account or role; a system.
        until: when what is not to stand ends; None for as long as the policy lets a right last without a ticket.

    Raises:
        UsageError: nothing is known by that name, or several things.
        StoreError: there is no evidence at all.
    """
    with stored(options) as store:
        return _Fitting.of(options, store, until or options.at + options.config.policy.max_grant).told(what)


def fitting_together(options: RunOptions, store: Store) -> Callable[[str, Collection[str], datetime], Fit]:
    """Tells the grants that fit a person's work on some systems, all of it until an end; rights are read once.

    Raises:
        StoreError: the evidence was altered.
    """
    fitting = replace(_Fitting.of(options, store, options.at), stands=False)

    def told(person: str, systems: Collection[str], until: datetime) -> Fit:
        whose = _Whose(options.config.people_by_id[person].name, lambda who, _: who == person, frozenset(systems))
        return replace(fitting, until=until).told(person, whose)

    return told


def write(options: RunOptions, found: Fit) -> Fit:
    """Write the files into a folder of their own below the output: people add to them; the same with that folder."""
    told = replace(found, folder=options.output / FOLDER / f"{slug(found.what)}-{found.at:%Y%m%dT%H%M%SZ}")
    write_files(told, told.folder or options.output, options.config.zone)
    return told


class _Fitting(Struct, frozen=True):
    config: Config
    rows: Snapshots
    people: People
    held: Sequence[Entitlement]
    store: Store
    options: RunOptions
    until: datetime
    stands: bool = True

    @classmethod
    def of(cls, options: RunOptions, store: Store, until: datetime) -> "_Fitting":
        rows = snapshots(store, options.config, options.at)
        config, people = people_of(options.config, rows)
        held = rights(config, rows, people.who, options.at).access
        return cls(config, rows, people, held, store, options, until)

    @property
    def at(self) -> datetime:
        return self.options.at

    def told(self, what: str, asked: _Whose | None = None) -> Fit:
        limits = Limits(period_from=self.at - self.options.period, period_to=self.at, zone=self.config.zone)
        with attributed(self.store, limits, self.people, Systems(self.config), self.config.engine) as activity:
            whose = asked or self._whose(what, activity)
            accounts = {
                one.account
                for one in activity.callers
                if one.account and whose.acted(activity.identities[one.caller].person, one.account)
            }
            acts = activity.used_acts(accounts, whose.systems)
            begun = _begun(activity)
        acts = [*acts, *deployed(self.store, self.config, self.people, limits.period_from, self.at)]
        told = ((act, act.account) for act in acts if act.account and self._counts(act, whose))
        by_account = grouped(((act.provider, who), act) for act, who in told if whose.acted(act.person, who))
        own = (path for path in self.held if whose.acted(path.person, path.account))
        systems = [self.config.systems_by_id[one] for one in whose.systems]
        there = (path for path in own if not systems or any(reaches(path, one) for one in systems))
        paths = grouped(((path.provider, path.account), path) for path in there)
        keys = dict.fromkeys([*sorted(by_account), *sorted(paths)])
        grants = [self._grant(*key, by_account.get(key, []), paths.get(key, []), begun) for key in keys]
        failed = failed_sources(self.store, self.config, self.at)
        return Fit(
            what=what,
            name=whose.name,
            from_=limits.period_from,
            at=self.at,
            grants=[grant for grant in grants if grant],
            unread=sorted(name for name, tables in failed.items() if Activity.TABLE in tables),
        )

    def _counts(self, act: UsedAct, whose: _Whose) -> bool:
        return act.actor_class not in _NOT_FITTED and (not whose.systems or act.system in whose.systems)

    def _whose(self, what: str, activity: Attributed) -> _Whose:
        """Who is meant: a system, a person, a declared service, or an account by its name or the end of it."""
        if system := Systems(self.config).named(what):
            return _Whose(self.config.systems_by_id[system].name, lambda *_: True, frozenset({system}))
        if person := self.people.called(what):
            return _Whose(self.config.people_by_id[person].name, lambda who, _: who == person)
        known = {one.account for one in activity.callers if one.account} | {row.account for row in self.rows.accounts}
        declared = {one for one in known if self.people.who(one).owner == what}
        found = declared or {one for one in known if one == what} or {one for one in known if what in _short(one)}
        if not declared and len(found) > 1:
            raise UsageError(
                f"Several accounts are called {what!r}.", do=f"Name one of them whole: {', '.join(sorted(found)[:5])}."
            )
        if not found:
            names = {*self.config.people_by_id, *self.config.systems_by_id, *(n for one in known for n in _short(one))}
            near = nearest(what, names)
            named = "Name somebody of auditor.yaml, a system, or an account as the provider writes it."
            raise UsageError(
                f"There is no person, account, role or system {what!r}.", do=f"Did you mean {near}?" if near else named
            )
        return _Whose(what, lambda _, account: account in found)

    def _grant(
        self,
        name: str,
        account: str,
        acts: Sequence[UsedAct],
        held: Sequence[Entitlement],
        begun: Mapping[tuple[str, str], datetime],
    ) -> Grant | None:
        done = [act for act in acts if act.outcome == Outcome.OK]
        people = {act.person for act in done if act.person} | {path.person for path in held if path.person}
        if not done and not held:
            return None
        work = Work(
            account=account,
            acts=done,
            held=held,
            at=self.at,
            until=self.until,
            standing=self._standing(people),
            owned=frozenset(one.id for one in self.config.systems if self.stands and people and people <= one.owners),
        )
        gone = sorted(person for person in people if self.config.has_left(person, self.at))
        fitted = provider(name).fitted(self.config, self.rows, work) if done and not gone else Fitted()
        checked, doubts = self._checked(name, fitted)
        refused = Counter[str]()
        for act in acts:
            refused[act.action] += act.events if act.outcome != Outcome.OK else 0
        ok = {act.action for act in done}
        return Grant(
            provider=name,
            account=account,
            who=self._called(account, people),
            work=work,
            fitted=fitted,
            since=min((min(act.first_at, begun.get((name, act.scope), act.first_at)) for act in done), default=None),
            heard=bool(done) or any((path.provider, path.scope) in begun for path in held),
            refused={action: number for action, number in sorted(refused.items()) if number and action not in ok},
            checked=checked,
            doubts=doubts,
            gone=[self.config.people_by_id[person].name for person in gone],
        )

    def _standing(self, people: Collection[str]) -> frozenset[Capability] | None:
        """What everybody who is behind an account may hold without asking; a robot may hold all that it needs."""
        if not self.stands:
            return frozenset()
        if not people:
            return None
        jobs = [self.config.job_includes(person, self.at) for person in people]
        return frozenset.intersection(*jobs) if all(jobs) else frozenset({Capability.READ_LOGS})

    def _called(self, account: str, people: Collection[str]) -> str:
        names = sorted(self.config.people_by_id[person].name for person in people if person in self.config.people_by_id)
        return ", ".join(names) if names else self.people.who(account).owner or ""

    def _checked(self, name: str, fitted: Fitted) -> tuple[Mapping[Answer, int], Sequence[str]]:
        """What evaluation says of the calls that a grant claims to allow."""
        if fitted.rows is None:
            return {}, ()
        told = provider(name).permitted(self.config, fitted.rows, fitted.covered, self.at)
        numbers = Counter[Answer]()
        doubts: dict[str, None] = {}
        for act, one in zip(fitted.covered, told, strict=True):
            numbers[one.answer] += act.events
            if one.answer is not Answer.ALLOWED:
                doubts[f"{act.action}: {one.why or _STOPPED}"] = None
        return numbers, tuple(doubts)


def _short(account: str) -> tuple[str, ...]:
    """How people call an account: `role/ci-deploy` or `ci-deploy`."""
    name = account_name(account)
    short = name.short or account
    return tuple(filter(None, (short, short.rpartition("/")[2], name.user, *name.spellings)))


def _begun(activity: Attributed) -> Mapping[tuple[str, str], datetime]:
    """When each log begins, as far back as was looked."""
    found: dict[tuple[str, str], datetime] = {}
    for one in activity.callers:
        place = one.provider, one.scope
        found[place] = min(one.first_at, found.get(place, one.first_at))
    return found
