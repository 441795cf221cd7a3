"""What would have failed without some rights: every recorded act that used them, judged with them and without."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from auditor.activity.results import UsedAct
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.groups import grouped
from auditor.model.handles import Handle
from auditor.model.vocabulary import Category, Outcome
from auditor.providers.permitted import Answer, Permitted, changed_accounts
from auditor.providers.registry import provider, providers_of

Session = tuple[str, str]
"""Who opened a session, and as which account."""
Acts = Callable[[frozenset[str]], Sequence[UsedAct]]
"""What accounts did, and who asked for a session as one of them."""

_UNEXPLAINED = "no right of today explains why this was allowed"


class Fate(StrEnum):
    """What would have become of an act."""

    FAILED = "would have failed"
    OTHER_PATH = "another path still allows it"
    UNKNOWN = "not known"


class JudgedAct(Struct, frozen=True, kw_only=True):
    """An act that used what is to be taken away, or may have.

    Args:
        by: what allowed it; where another path still does, that.
        why: why its fate is not known.
        led_to: how many acts were done in the sessions that it opened.
        tickets: under which it was done, as far as that was looked for.
    """

    act: UsedAct
    fate: Fate
    by: tuple[str, ...] = ()
    why: str = ""
    led_to: int = 0
    tickets: tuple[str, ...] = ()


class Removal(Struct, frozen=True, kw_only=True):
    """What taking some rights away would have done to a period's acts.

    Args:
        handles: the rights that were taken away.
        not_found: those that the latest rows do not have, or of which no act tells that it used them.
        accounts: whose acts may have used them.
        calls: how often those accounts did anything with success.
        judged: the acts that used them or may have; what would have failed first, then by how often it was done.
    """

    handles: tuple[Handle, ...]
    not_found: tuple[Handle, ...]
    after: Snapshots
    accounts: frozenset[str]
    calls: int
    judged: tuple[JudgedAct, ...]

    def of(self, fate: Fate) -> tuple[JudgedAct, ...]:
        """The acts of one fate."""
        return tuple(one for one in self.judged if one.fate is fate)


def removal(config: Config, rows: Snapshots, handles: Iterable[Handle], acts: Acts, at: datetime) -> Removal:
    """Judge what was done under rights that are to be taken away."""
    found, missing, after = without(rows, handles)
    accounts = concerned(rows, after, at)
    told = acts(accounts) if accounts else ()
    judged, changed = list(judge(config, (rows, after), told, at)), changed_accounts(rows, after)
    with_sessions = [replace(one, led_to=count) for one, count in _led_to(judged, told, acts)]
    return Removal(
        handles=tuple(found),
        not_found=tuple(missing),
        after=after,
        accounts=accounts,
        calls=sum(act.events for act in told if act.outcome == Outcome.OK and _is_theirs(act, changed)),
        judged=tuple(sorted(with_sessions, key=_order)),
    )


def without(rows: Snapshots, handles: Iterable[Handle]) -> tuple[list[Handle], list[Handle], Snapshots]:
    """The rights that could be taken out of rows, those that could not, and the rows that are left."""
    found: list[Handle] = []
    missing: list[Handle] = []
    for handle in handles:
        left = provider(str(handle.get("provider"))).without(rows, [handle])
        (missing if left is None else found).append(handle)
        rows = rows if left is None else left
    return found, missing, rows


def concerned(rows: Snapshots, after: Snapshots, at: datetime) -> frozenset[str]:
    """The accounts whose acts what is in some rows and not in others may have allowed."""
    changed = changed_accounts(rows, after)
    return changed.union(*(one.become(rows, changed, at) for one in providers_of(rows)))


def judge(
    config: Config, rows: tuple[Snapshots, Snapshots], acts: Sequence[UsedAct], at: datetime
) -> Iterator[JudgedAct]:
    """The fate of each successful act that rights concern which are in the first rows and not in the second.

    What was refused or failed anyway is left out, and so is what the same rights allow before and after.
    """
    own = changed_accounts(*rows, own=True)
    by_provider = grouped((act.provider, act) for act in acts if act.outcome == Outcome.OK)
    for name, some in by_provider.items():
        before, after = (provider(name).permitted(config, one, some, at) for one in rows)
        for act, *told in zip(some, before, after, strict=True):
            # Nobody needs a role's trust for what was done as that role.
            concerned = act.account in own or act.action in provider(name).LOG.session_requests
            if (judged := _judged(act, *told)) and (concerned or told[0] != told[1]):
                yield judged


def _judged(act: UsedAct, before: Permitted, after: Permitted) -> JudgedAct | None:
    """The fate of one act; None where what is taken away had no part in it.

    That it succeeded tells that what its permission hung on was met: where nothing is left that could allow it, it
    would have failed, whether or not all of that is known. So would what was done with a key that is gone, also where
    the rights of today do not explain it.
    """
    if before == after:
        if before.answer is Answer.ALLOWED or (before.answer is Answer.UNKNOWN and before.by):
            return None
        return JudgedAct(act=act, fate=Fate.UNKNOWN, why=before.why or _UNEXPLAINED)
    if after.answer is Answer.DENIED:
        return JudgedAct(act=act, fate=Fate.FAILED, by=before.by)
    if after.answer is Answer.ALLOWED:
        return JudgedAct(act=act, fate=Fate.OTHER_PATH, by=after.by)
    return JudgedAct(act=act, fate=Fate.UNKNOWN, by=after.by, why=after.why)


def _led_to(judged: Sequence[JudgedAct], told: Sequence[UsedAct], acts: Acts) -> Iterator[tuple[JudgedAct, int]]:
    """How much was done in the sessions that each act opened which would have failed, and in those that they opened."""
    lost = [one for one in judged if one.fate is Fate.FAILED]
    sessions = _sessions({asked for one in lost if (asked := _asked(one.act))}, acts)
    for one in judged:
        act = one.act
        if one.fate is Fate.FAILED and act.action in provider(act.provider).LOG.console_sign_ins:
            yield one, sum(other.events for other in told if _in_console(other, act))
        else:
            asked = _asked(act) if one.fate is Fate.FAILED else None
            yield one, sum(sessions[reached][0] for reached in _reached(asked, sessions)) if asked else 0


def _asked(act: UsedAct) -> Session | None:
    """The session that an act asked for: who did, and as which account."""
    is_request = act.action in provider(act.provider).LOG.session_requests
    return (act.account, act.resource) if is_request and act.account and act.resource else None


def _sessions(asked: set[Session], acts: Acts) -> Mapping[Session, tuple[int, frozenset[Session]]]:
    """Of sessions, and those that they opened in turn: how much was done in them, and which they opened."""
    found: dict[Session, tuple[int, frozenset[Session]]] = {}
    while asked:
        told = [act for act in acts(frozenset(become for _, become in asked)) if act.outcome == Outcome.OK]
        for by, become in asked:
            own = [act for act in told if (act.opener, act.account) == (by, become)]
            further = frozenset(session for act in own if (session := _asked(act)))
            found[by, become] = sum(act.events for act in own), further
        asked = {one for _, further in found.values() for one in further} - found.keys()
    return found


def _reached(asked: Session, sessions: Mapping[Session, tuple[int, frozenset[Session]]]) -> set[Session]:
    reached, left = {asked}, [asked]
    while left:
        further = sessions[left.pop()][1] - reached
        reached |= further
        left += further
    return reached


def _in_console(act: UsedAct, sign_in: UsedAct) -> bool:
    """Whether something was done without a lasting key by a user who signs in to the console."""
    of_user = (act.account, act.credential, act.outcome) == (sign_in.account, None, Outcome.OK)
    return of_user and act.category != Category.LOGIN


def _is_theirs(act: UsedAct, changed: frozenset[str]) -> bool:
    """Whether it was done by one of those whose rights change, and not as a role that others become as well."""
    return act.account in changed or act.opener is None or act.opener in changed


def _order(one: JudgedAct) -> tuple[object, ...]:
    act = one.act
    return list(Fate).index(one.fate), -act.events, act.account or "", act.action, act.resource or "", act.first_at
