"""What taking away the rights that findings name would have done, each by itself and all together, in one pass."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice

from msgspec import Struct

from auditor.activity.results import UsedAct
from auditor.case.attribution import Attributed
from auditor.case.case import Case
from auditor.case.deployed import with_deployments
from auditor.case.people import people_of
from auditor.case.removal import Acts, Fate, JudgedAct, concerned, judge, without
from auditor.case.replayed import log_scopes, rights_rows
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.evidence.store import Store
from auditor.model.consequences import Consequence, WouldFail
from auditor.model.handles import Handle, identity
from auditor.model.tables import Activity
from auditor.model.vocabulary import Outcome
from auditor.providers.registry import provider
from auditor.providers.unseen import Unseen

_MOST_ACTS, _MOST_UNSEEN = 3, 2
_NOT_FOUND = "no act tells that it was used, or it is not among the rights that were read last"


def consequences(
    store: Store, case: Case, activity: Attributed, asked: Iterable[Sequence[Handle]]
) -> tuple[Consequence, ...]:
    """What was done with some rights in the period of a case, and what would have become of it without them.

    `activity` is what the case was made from; `asked` are the rights that go at once, each such set once.
    """
    wanted = [tuple(handles) for handles in asked]
    if not wanted:
        return ()
    rows = rights_rows(store, case.config, case.at)
    config, people = people_of(case.config, rows)
    log = Log({*case.heard, *(caller.scope for caller in activity.callers)}, {one.scope for one in case.silences})
    acts = with_deployments(store, config, people, activity.used_acts, (case.period_from, case.at))
    first = min((part.from_time for part in store.parts(Activity)), default=case.at)
    return tuple(foretold(config, rows, wanted, acts, log, (max(first, case.period_from), case.at)))


class Log(Struct, frozen=True):
    """The accounts, projects and hosts of which there is any log, and those whose log has gaps."""

    heard: Collection[str]
    gaps: Collection[str] = frozenset()


def foretold(
    config: Config,
    rows: Snapshots,
    asked: Iterable[tuple[Handle, ...]],
    acts: Acts,
    log: Log,
    span: tuple[datetime, datetime],
) -> Iterator[Consequence]:
    """The same of rows and acts; the span of these ends at the moment of the rows."""
    rights = [_Rights.of(rows, handles, span[1]) for handles in asked]
    accounts = frozenset[str]().union(*(one.accounts for one in rights))
    done = [act for act in acts(accounts) if act.outcome == Outcome.OK] if accounts else []
    heard = {*log.heard, *(act.scope for act in done)}
    yield from _Replay(config, rows, done, Log(heard, log.gaps), *span).told(rights)


class _Rights(Struct, frozen=True, eq=False):
    """Rights that go at once, those of them that are in the rows, what is left, and whose acts may have used them."""

    handles: tuple[Handle, ...]
    found: Sequence[Handle]
    after: Snapshots
    accounts: frozenset[str]

    @classmethod
    def of(cls, rows: Snapshots, handles: tuple[Handle, ...], at: datetime) -> "_Rights":
        found, _, after = without(rows, handles)
        return cls(handles, found, after, concerned(rows, after, at) if found else frozenset())

    def concerns(self, act: UsedAct) -> bool:
        """Whether they may have allowed an act: one of their accounts', or a session that was asked for as one."""
        return act.account in self.accounts or act.resource in self.accounts


class _Replay(Struct, frozen=True):
    config: Config
    rows: Snapshots
    acts: Sequence[UsedAct]
    log: Log
    from_: datetime
    at: datetime

    def told(self, rights: Sequence[_Rights]) -> Iterator[Consequence]:
        """The consequence of each, in their order."""
        together = {id(one.act): one for one in self._judged(self._after(rights), self.acts)}
        # What all of them together do not touch, none of them does.
        touched = [act for act in self.acts if id(act) in together]
        alone: defaultdict[int, list[JudgedAct]] = defaultdict(list)
        hidden: defaultdict[int, list[Unseen]] = defaultdict(list)
        for some in _apart(right for right in rights if right.found):
            after = self._after(some)
            judged = list(self._judged(after, [act for act in touched if any(one.concerns(act) for one in some)]))
            unseen = list(self._unseen(some, after))
            for right in some:
                alone[id(right)] = [one for one in judged if right.concerns(one.act)]
                hidden[id(right)] = [one for one in unseen if one.account in right.accounts]
        for right in rights:
            if right.found:
                yield self._one(right, alone[id(right)], together, hidden[id(right)])
            else:
                yield Consequence(handles=right.handles, since=self.from_, until=self.at, why=_NOT_FOUND)

    def _after(self, rights: Iterable[_Rights]) -> Snapshots:
        """What is left without all of them; what two of them name goes with the first."""
        left = self.rows
        by_provider: defaultdict[str, dict[str, Handle]] = defaultdict(dict)
        for handle in (handle for one in rights for handle in one.found):
            by_provider[str(handle.get("provider"))][identity(handle)] = handle
        for name, handles in by_provider.items():
            at_once = provider(name).without(left, list(handles.values()))
            left = without(left, handles.values())[2] if at_once is None else at_once
        return left

    def _judged(self, after: Snapshots, acts: Sequence[UsedAct]) -> Iterator[JudgedAct]:
        """The acts that what is gone had a part in."""
        return judge(self.config, (self.rows, after), acts, self.at) if acts else iter(())

    def _unseen(self, rights: Iterable[_Rights], after: Snapshots) -> Iterator[Unseen]:
        names = sorted({str(handle.get("provider")) for one in rights for handle in one.found})
        return chain.from_iterable(provider(name).unseen(self.rows, after, self.from_, self.at) for name in names)

    def _one(
        self, right: _Rights, alone: Sequence[JudgedAct], together: Mapping[int, JudgedAct], hidden: Iterable[Unseen]
    ) -> Consequence:
        by_fate = {fate: [one.act for one in alone if one.fate is fate] for fate in Fate}
        failed, kept = by_fate[Fate.FAILED], by_fate[Fate.OTHER_PATH]
        lost = [act for act in kept if together[id(act)].fate is Fate.FAILED]
        mine = [act for act in self.acts if right.concerns(act)]
        scopes = sorted(log_scopes(self.rows, right.after, right.found, right.accounts, mine))
        unheard = [one for one in scopes if one not in self.log.heard]
        lacks = [f"no log of {', '.join(unheard)} was read"] if unheard else []
        lacks += [_NOT_FOUND] if len(right.found) < len(right.handles) else []
        lacks += [one.why for one in alone if one.fate is Fate.UNKNOWN]
        return Consequence(
            handles=right.handles,
            since=self.from_,
            until=self.at,
            failed=_events(failed),
            recent=sum(act.recent for act in failed),
            kept=_events(kept),
            lost=_events(lost),
            lost_recent=sum(act.recent for act in lost),
            unknown=_events(by_fate[Fate.UNKNOWN]),
            why=next(iter(lacks), ""),
            unseen=tuple(self._untold(hidden, scopes)),
            acts=foremost(failed or lost),
            last_at=max((one.act.last_at for one in alone), default=None),
        )

    def _untold(self, hidden: Iterable[Unseen], scopes: Iterable[str]) -> Iterator[str]:
        """What may have been done and is in no log, in words."""
        by_why: dict[str, dict[str, None]] = {}
        for one in hidden:
            by_why.setdefault(one.why, {})[one.what] = None
        for why, what in islice(by_why.items(), _MOST_UNSEEN):
            more = f" (and {len(what) - 1} more)" if len(what) > 1 else ""
            yield f"it may have been used for {next(iter(what))}{more}: {why}"
        yield from (f"the log of {scope} has gaps" for scope in scopes if scope in self.log.gaps)


def _apart(rights: Iterable[_Rights]) -> list[list[_Rights]]:
    """Rights in groups in which no two are of one account: what one of a group allows, no other of it does."""
    groups: list[tuple[set[str], list[_Rights]]] = []
    for right in rights:
        free = next((one for one in groups if one[0].isdisjoint(right.accounts)), None)
        accounts, group = free or (set(), [])
        if free is None:
            groups.append((accounts, group))
        accounts |= right.accounts
        group.append(right)
    return [group for _, group in groups]


def foremost(acts: Iterable[UsedAct]) -> tuple[WouldFail, ...]:
    """The few acts to be told first: what was done lately, then what was done most."""
    ordered = sorted(acts, key=lambda act: (-act.recent, -act.events, act.account or "", act.action, act.first_at))
    return tuple(
        WouldFail(who=act.person or act.account or "somebody", action=act.action, last_at=act.last_at)
        for act in ordered[:_MOST_ACTS]
    )


def _events(acts: Iterable[UsedAct]) -> int:
    return sum(act.events for act in acts)
