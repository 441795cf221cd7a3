"""Logins of one person over all providers, joined by e-mail, key, name and handle, and by what each was."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from auditor.discovery.logins import Login
from auditor.model.groups import distinct, grouped
from auditor.model.person_names import NAME_AND_ACCOUNT, folded, is_whoever_asked, mailbox, plainly_called
from auditor.model.tables import Ticket
from auditor.providers.registry import account_name

_Marks = Callable[["Somebody"], Iterator[str]]
SURE = ("e-mail", "key", "handle")
"""Ways of joining that need no question."""

_PLAIN = re.compile(r"[a-z0-9]+")
_AFFIX = re.compile(r"^(?:adm|admin|a|ext|x)[._-]|[._-](?:adm|admin|a|ext|prod|ops|dev|root)$|\d+$")
_SHORTEST = 3
_RENAMED = 3
"""So many people in common make one domain another's new name."""
# How German and Danish logins spell letters out.
_LONG = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


class Somebody(Struct, eq=False):
    """A person as far as the evidence tells.

    Args:
        accounts: what is theirs, each with how that is known.
        seen: the logins among them.
        asked: how often they asked for something in tickets; `approved` how often they approved.
        perhaps: names of those whom a login may be of, where it says too little.
    """

    emails: list[str] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    handles: set[str] = field(default_factory=set)
    accounts: dict[str, str] = field(default_factory=dict)
    seen: list[Login] = field(default_factory=list)
    asked: int = 0
    approved: int = 0
    id: str = ""
    perhaps: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """A full name where one is known; else what their address or login makes of it."""
        if self.names:
            return self.names.most_common(1)[0][0]
        text = self.emails[0].partition("@")[0] if self.emails else min(self.handles, default=self.id)
        return " ".join(part.capitalize() for part in re.split(r"[._-]+", text) if part) or text

    @property
    def forms(self) -> set[str]:
        """What logins make of their whole name: nalvarez, ninaa, ninaalvarez."""
        return {form for words in self._words for form in _forms(words)}

    @property
    def parts(self) -> Mapping[str, set[str]]:
        """Their first and their last name alone, which may be somebody else's, or a robot's."""
        return {"first": {words[0] for words in self._words}, "last": {words[-1] for words in self._words}}

    @property
    def _words(self) -> list[list[str]]:
        texts = (self.name, self.name.casefold().translate(_LONG))
        return [words for text in texts if (words := _plain(text))]

    def take(self, other: "Somebody", how: str) -> None:
        """Everything that is another's, who turned out to be the same."""
        self.emails += [one for one in other.emails if one not in self.emails]
        self.names += other.names
        self.handles |= other.handles
        for account in other.accounts:
            self.accounts.setdefault(account, how)
        self.seen += other.seen
        self.asked += other.asked
        self.approved += other.approved


def _forms(words: Sequence[str]) -> set[str]:
    if len(words) < 2:  # noqa: PLR2004 - a first name alone
        return {*words}
    first, last = words[0], words[-1]
    return {first[0] + last, first + last[0], first + last, last + first[0], last + first}


def joined(logins: Sequence[Login], tickets: Iterable[Ticket]) -> list[Somebody]:
    """People, each once. Whoever fits two of them is left alone."""
    people: list[Somebody] = []
    for login in logins:
        one = Somebody(handles={login.handle.casefold()}, accounts={login.account: "login"}, seen=[login])
        one.emails = [login.email] if login.email else []
        one.names = Counter([login.name] if login.name else [])
        people.append(one)
    people += _of_tickets(tickets)
    for how, marks in (("e-mail", _addresses(people)), ("key", _keys(logins))):
        people = _merged(people, marks, how)
    people = _merged(people, _sure_handles(people), "handle")
    people = _merged(people, _names, "name")
    people = _like(people)
    _give_ids(people)
    return sorted(people, key=lambda one: one.id)


def _of_tickets(tickets: Iterable[Ticket]) -> Iterator[Somebody]:
    for ticket in tickets:
        for text, asked, approved in (
            *((one, 1, 0) for one in re.split(r"[,;]| and ", ticket.person or "") if not is_whoever_asked(one)),
            (ticket.requester or "", 1, 0),
            (ticket.approver or "", 0, 1),
        ):
            one = _called(text)
            one.asked, one.approved = asked, approved
            if one.emails or one.names or one.handles:
                yield one


def _called(text: str) -> Somebody:
    """Somebody as a tracker writes them: an address, a handle, a full name, or a name with one of them."""
    one = Somebody()
    both = NAME_AND_ACCOUNT.fullmatch(text.strip())
    for written in both.groups() if both else (text,):
        part = plainly_called(written).rpartition(":")[2].removeprefix("@")  # of an account its login
        if "@" in part and " " not in part:
            one.emails.append(part.casefold())
        elif " " in part:
            one.names[part] += 1
        elif _squeezed(part):
            one.handles.add(part.casefold())
    return one


def _addresses(people: Iterable[Somebody]) -> "_Marks":
    """Addresses without what stands behind a `+`; of domains that have mostly the same people one is the other."""
    parts = (mailbox(email).partition("@") for one in people for email in one.emails)
    locals_ = distinct((domain, local.partition("+")[0]) for local, _, domain in parts)
    named = sorted(locals_, key=lambda domain: (-len(locals_[domain]), domain))
    same = {
        domain: next(other for other in named if other == domain or _is_renamed(locals_[domain], locals_[other]))
        for domain in named
    }

    def marks(one: Somebody) -> Iterator[str]:
        for email in one.emails:
            local, _, domain = mailbox(email).partition("@")
            yield f"{local.partition('+')[0]}@{same[domain]}"

    return marks


def _is_renamed(few: set[str], many: set[str]) -> bool:
    return len(few & many) >= _RENAMED and 2 * len(few & many) > len(few)


def _keys(logins: Iterable[Login]) -> "_Marks":
    """Keys that open the logins of one name on hosts; one that opens several people's tells of nobody."""
    on_hosts = (login for login in logins if account_name(login.account).login)
    opened = distinct((key, login.handle) for login in on_hosts for key in login.keys)
    return lambda one: (key for login in one.seen for key in login.keys if len(opened[key]) < 2)  # noqa: PLR2004


def _handles(one: Somebody) -> Iterator[str]:
    yield from map(_squeezed, _written(one))


def _written(one: Somebody) -> Iterator[str]:
    yield from one.handles
    yield from (email.partition("@")[0].partition("+")[0] for email in one.emails)


def _sure_handles(people: Sequence[Somebody]) -> "_Marks":
    """Handles, but for those that are another's only without their dots, and made of a third one's name as well."""
    written: defaultdict[str, set[str]] = defaultdict(set)
    formed: Counter[str] = Counter()
    for one in people:
        for text in _written(one):
            written[_squeezed(text)].add(text)
        if one.emails or one.names:
            formed.update(one.forms - set(_handles(one)))

    def marks(one: Somebody) -> Iterator[str]:
        known = one.emails or one.names
        return (mark for mark in _handles(one) if known or not (formed[mark] and len(written[mark]) > 1))

    return marks


def _names(one: Somebody) -> Iterator[str]:
    written = [name for name in one.names if " " in name]
    written += [
        text for text in (*(email.partition("@")[0] for email in one.emails), *one.handles) if len(_plain(text)) > 1
    ]
    yield from (" ".join(sorted(_plain(name))) for name in written)


def _merged(people: list[Somebody], marks: "_Marks", how: str) -> list[Somebody]:
    """People of whom two have a mark in common become one, unless their addresses tell them apart."""
    groups = grouped((mark, one) for one in people for mark in set(marks(one)))
    into: dict[Somebody, Somebody] = {}
    for group in groups.values():
        fits = {id(found): found for found in (_root(into, one) for one in group)}
        with_mail = [one for one in fits.values() if one.emails]
        if len(fits) < 2 or (how != "e-mail" and len(with_mail) > 1):  # noqa: PLR2004 - two to be joined
            continue
        first, *others = sorted(fits.values(), key=lambda one: (not one.emails, not one.names))
        for other in others:
            first.take(other, how)
            into[other] = first
    return [one for one in people if one not in into]


def _root(into: Mapping[Somebody, Somebody], one: Somebody) -> Somebody:
    while one in into:
        one = into[one]
    return one


def _like(people: list[Somebody]) -> list[Somebody]:
    """Logins that are made of one person's name alone.

    A first or a last name counts where it is how most people's logins are made: else it may be anybody's.
    """
    known = [one for one in people if one.emails or one.names]
    nameless = [one for one in people if not (one.emails or one.names)]
    taken = {handle for one in nameless for handle in one.handles}
    usual = [part for part in ("first", "last") if _is_usual(part, known, taken)]
    left: list[Somebody] = []
    for one in nameless:
        handles = {_squeezed(form) for handle in one.handles for form in (handle, _bare(handle, taken))}
        fits = [other for other in known if handles & {*_handles(other), *other.forms}.union(*other.parts.values())]
        whole = {form for other in fits for form in (*other.forms, *_handles(other))}
        whole |= {part for other in fits for name in usual for part in other.parts[name]}
        if len(fits) == 1 and handles & whole and all(len(handle) >= _SHORTEST for handle in handles):
            fits[0].take(one, "likely")
        else:
            one.perhaps = tuple(other.name for other in fits)
            left.append(one)
    return known + left


def _bare(handle: str, taken: Collection[str]) -> str:
    """A handle without what is put around it; a number tells two of one name apart where there is one without."""
    bare = _AFFIX.sub("", handle)
    return handle if bare in taken and handle.startswith(bare) and handle[len(bare) :].isdigit() else bare


def _is_usual(part: str, known: Sequence[Somebody], taken: Collection[str]) -> bool:
    """Whether most people have a login that is this part of their name, in a company of several."""
    having = [one for one in known if one.parts[part] & {*map(_squeezed, taken), *_handles(one)}]
    return len(having) > 1 and 2 * len(having) > len(known)


def _give_ids(people: Iterable[Somebody]) -> None:
    taken: set[str] = set()
    for one in sorted(people, key=lambda one: (not one.emails, one.name)):
        texts = [email.partition("@")[0] for email in one.emails[:1]]
        texts += sorted((login.handle for login in one.seen), key=len) or ["-".join(_plain(one.name))]
        names = (re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._") for text in (*texts, "somebody"))
        base = next(name for name in names if name)
        one.id = next(name for n in range(1, 10**6) if (name := base if n == 1 else f"{base}-{n}") not in taken)
        taken.add(one.id)


def _plain(text: str) -> list[str]:
    return _PLAIN.findall(folded(text))


def _squeezed(text: str) -> str:
    return "".join(_plain(text))
