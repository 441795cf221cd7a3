"""Who acted: each distinct caller of the events to an identity, by the strongest evidence that there is.

In this order: the credential, back to the recorded event that issued it and to whoever called that, over any number of
hops; what the provider itself vouches for; a declared account; last, a name that the caller chose.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from operator import itemgetter

from msgspec.structs import replace

from auditor.activity.results import Caller, Issue
from auditor.case.people import NOBODY, People
from auditor.model.entitlements import Identity
from auditor.model.groups import only
from auditor.model.vocabulary import ROBOTS, ActorClass
from auditor.providers.protocol.names import SessionName
from auditor.providers.registry import account_name, provider

_HOPS = 8
_TOLERANCE = timedelta(minutes=5)
_SETTLED = (ActorClass.PERSON, ActorClass.PROVIDER)
_Opened = tuple[datetime, datetime]
"""When a caller first opened a session, and when it opened that or one before it last: one name has thousands."""


class Callers:
    """The distinct callers of a stretch of activity, and the sessions that they opened."""

    def __init__(self, people: People, callers: Iterable[Caller], issues: Iterable[Issue] = ()) -> None:
        self._people = people
        self._callers = {one.caller: provider(one.provider).with_name(one, people.account_with_id) for one in callers}
        self._found: dict[tuple[int, int], Identity] = {}
        self._by_key: dict[str, set[int]] = defaultdict(set)
        self._by_name: dict[str, dict[int, list[_Opened]]] = defaultdict(lambda: defaultdict(list))
        self.open(issues)

    @property
    def names(self) -> Collection[str]:
        """What callers are called: a session that was opened and used is known by it."""
        return {one.actor for one in self._callers.values() if one.actor}

    def open(self, issues: Iterable[Issue]) -> None:
        """Say which sessions callers opened, first opened first; before anybody asks who they are."""
        for issue in issues:
            if issue.issued:
                opened = self._by_name[issue.issued][issue.caller]
                last_at = max(issue.last_at, opened[-1][1]) if opened else issue.last_at
                opened.append((issue.time, last_at))
            if issue.issued_credential:
                self._by_key[issue.issued_credential].add(issue.caller)

    def resolve(self, asked: Iterable[Caller] | None = None) -> Mapping[int, Identity]:
        """An identity for each caller, or for those alone that are asked about, by its number."""
        numbers = self._callers if asked is None else [one.caller for one in asked]
        return {number: self._behind(number, _HOPS) for number in numbers}

    def opener(self, number: int) -> str | None:
        """The account that opened the session of a caller, where the log tells one; else the user whose name it bears.

        A name counts only where the provider's own directory gives it.
        """
        caller = self._callers[number]
        found = {one.account for one in self._openers(caller, _HOPS).values()}
        session = _session(caller)
        if found or session is None or session.directory is None:
            return only(found)
        return self._people.account_called(session.name, session.directory)

    def _behind(self, number: int, hops: int) -> Identity:
        """Who a caller is, worked out once: one caller opens many sessions."""
        found = self._found.get((number, hops))
        if found is None:
            found = self._found[number, hops] = self._who(self._callers[number], hops)
        return found

    def _who(self, caller: Caller, hops: int) -> Identity:
        account = caller.account or caller.actor or ""
        known = self._people.who(account)
        if told := provider(caller.provider).caller(caller, self._people):
            return self._handed_out(caller, account, told, hops) or told
        through = provider(caller.provider).through(caller.invoked_by)
        if through and not through.acts_itself and known.actor_class is ActorClass.ROOT:
            return Identity(account=account, actor_class=ActorClass.PROVIDER, how="the provider's own call")
        if known.actor_class in _SETTLED or known.candidates:
            return self._contradicted(caller, self._in_role_of(caller, account, known, hops) or known)
        behind = self._opened(caller, account, hops) or self._vouched(caller, account)
        if known.actor_class is not ActorClass.UNKNOWN:
            if behind is None or not behind.person:
                # A robot's that a stranger took is nobody's; emergency access and root stay what they are.
                is_stranger = behind and behind.actor_class is ActorClass.UNKNOWN and not behind.candidates
                return behind if behind and is_stranger and known.actor_class in ROBOTS else known
            # Only services may become it, and one of them does so for whoever has a certificate.
            shared = known.owner or known.actor_class is not ActorClass.SERVICE
            return replace(known, person=behind.person, how=behind.how) if shared else behind
        found = behind or self._declared(caller, account)
        if not found and not self._opened_by_stranger(caller, hops):
            found = self._chosen(caller, account)
        found = found or known
        return self._contradicted(caller, found)

    def _handed_out(self, caller: Caller, account: str, told: Identity, hops: int) -> Identity | None:
        """Who let in the key that a login was made with, where it is not declared as somebody's."""
        key = caller.credential or ""
        if key not in self._by_key or told.actor_class is ActorClass.PROVIDER or self._people.who(key).is_known:
            return None
        return self._opened(caller, account, hops)

    def _in_role_of(self, caller: Caller, account: str, known: Identity, hops: int) -> Identity | None:
        """Who is known to have become an account that is declared as one person's: that tells more than whose it is."""
        if known.actor_class is not ActorClass.PERSON:
            return None
        if not account_name(account).is_role:
            behind = self._vouched(caller, account)
            return behind if behind and behind.person not in (None, known.person) else None
        if behind := self._opened(caller, account, hops) or self._vouched(caller, account):
            return behind
        if not self._opened_by_stranger(caller, hops):
            return None
        return Identity(account=account, actor_class=ActorClass.UNKNOWN, how="opened by somebody whom nobody declares")

    def _opened(self, caller: Caller, account: str, hops: int) -> Identity | None:
        """Whoever called the event that issued the credential, or that opened a session of that name."""
        found = set(self._openers(caller, hops).values())
        if not found:
            return None
        people = {identity.person for identity in found if identity.person}
        if len(people) > 1:
            how = "the session was opened by several people"
            return Identity(account=account, actor_class=ActorClass.UNKNOWN, how=how, candidates=tuple(sorted(people)))
        known = [one for one in found if one.how != NOBODY]
        for identity in sorted(known, key=lambda one: (one.person is None, one.account)):
            return replace(identity, account=account, how=f"session opened by {identity.account}", claims=None)
        return None

    def _openers(self, caller: Caller, hops: int) -> dict[int, Identity]:
        """Who called what issued the credential, or opened a session of that name, by the callers' numbers."""
        named = self._by_name.get(caller.actor or "", {})
        by_key = self._by_key.get(caller.credential or "")
        openers = by_key or {number for number, opened in named.items() if _may_be_of(opened, caller)}
        return {number: self._behind(number, hops - 1) for number in openers if hops and number != caller.caller}

    def _opened_by_stranger(self, caller: Caller, hops: int) -> bool:
        """Whether the log names who opened the session, and nobody declares them: what they called it is their word."""
        return any(
            one.how == NOBODY and provider(caller.provider).names_caller(one.account, self._people.declares_any)
            for one in self._openers(caller, hops).values()
        )

    def _vouched(self, caller: Caller, account: str) -> Identity | None:
        """Whom the provider names: a source identity, an Identity Center user, a company's login, a token's subject."""
        name = caller.on_behalf_of
        if name and (named := self._people.named(name)):
            return replace(named, account=account, how=provider(caller.provider).VOUCHES_BY)
        if name and account_name(name).email and not self._people.who(name).candidates:
            how = f"{name} is behind it, whom nobody declares"
            return Identity(account=account, actor_class=ActorClass.UNKNOWN, how=how)
        room = provider(caller.provider)
        if workload := room.workload(caller):
            # Where others like it are declared, this one is not among those that are meant.
            declared = any(map(self._people.declares_any, room.alike(workload)))
            kind, others = (ActorClass.UNKNOWN, ", which nobody declares") if declared else (ActorClass.SERVICE, "")
            return Identity(account=account, actor_class=kind, how=f"the workload {workload}{others}")
        session = _session(caller)
        if session is None or session.directory is None:
            return None
        user = self._people.account_called(session.name, session.directory)
        by_name = self._people.by_address if user else self._people.named
        person = self._people.named(user or f"{session.directory}{session.name}") or by_name(session.name)
        return replace(person, account=account, how="Identity Center user name") if person and person.person else None

    def _declared(self, caller: Caller, account: str) -> Identity | None:
        """A declared session, or a machine's own."""
        found = self._people.declared(caller.actor or "")
        session = _session(caller)
        if found is None and session and session.is_machine:
            found = Identity(account=account, actor_class=ActorClass.SERVICE, how="a machine's own session")
        return replace(found, account=account) if found else None

    def _chosen(self, caller: Caller, account: str) -> Identity | None:
        """Whoever the session calls itself: an e-mail of the roster or a declared account, never a bare id."""
        session = _session(caller)
        if session is None:
            return None
        found = self._people.by_address(session.name) or self._people.declared(session.name)
        return replace(found, account=account, how=f"calls itself {session.name}") if found and found.person else None

    def _contradicted(self, caller: Caller, found: Identity) -> Identity:
        """The identity, with the person that its session's name claims to be where that is another one."""
        session = _session(caller)
        chosen = None if session and session.directory else self._chosen(caller, found.account)
        differs = chosen and found.person and chosen.person != found.person
        return replace(found, claims=chosen.person) if chosen and differs else found


def _may_be_of(opened: Sequence[_Opened], caller: Caller) -> bool:
    """Whether one of the sessions can be what the caller used: opened before that, and not over by then."""
    begun = bisect_right(opened, caller.last_at + _TOLERANCE, key=itemgetter(0))
    lasts = provider(caller.provider).LONGEST_SESSION
    return begun > 0 and (lasts is None or opened[begun - 1][1] + lasts >= caller.first_at)


def _session(caller: Caller) -> SessionName | None:
    return _named(caller.provider, caller.actor or "")


@lru_cache(maxsize=65536)
def _named(provider_name: str, actor: str) -> SessionName | None:
    """A session's name, read once: it is asked for in several places."""
    return provider(provider_name).session(actor)
