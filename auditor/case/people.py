"""Every account to whoever is behind it, with how the match was made. Ambiguous matches are never guessed."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from auditor.config.models import Config, GoogleResource
from auditor.model.entitlements import Identity
from auditor.model.globs import matches
from auditor.model.tables import Account, Credential, Policy
from auditor.model.vocabulary import AccountKind, ActorClass
from auditor.providers.aws import accounts as aws_accounts
from auditor.providers.google import accounts as google_accounts
from auditor.providers.ssh import accounts as ssh_accounts

_NAME_AND_ACCOUNT = re.compile(r"(.+?) <([^<>]+)>")
_WORD = re.compile(r"\w+")
_IDENTITY_CENTER = "identity-center:"


class People:
    """The roster, the declared service accounts and the break-glass entries, to be asked by account.

    Args:
        accounts: account rows; their e-mail addresses and kinds help to recognise.
        credentials: credential rows; a key that stands in exactly one person's logins is theirs.
        policies: policy rows; a role that only services may become is a machine's.
    """

    def __init__(
        self,
        config: Config,
        accounts: Iterable[Account] = (),
        credentials: Iterable[Credential] = (),
        policies: Iterable[Policy] = (),
    ) -> None:
        self._machines = aws_accounts.machine_roles(policies)
        self._projects = {r.project for s in config.systems for r in s.resources if isinstance(r, GoogleResource)}
        self._declared: dict[str, Identity] = {}
        self._patterns: dict[str, Identity] = {}
        self._emails: dict[str, list[str]] = defaultdict(list)
        for person in config.people:
            if person.email:
                self._emails[person.email.casefold()].append(person.id)
            self._declare(person.accounts, ActorClass.PERSON, person=person.id)
        for service in config.service_accounts:
            kind = ActorClass.PIPELINE if service.pipeline else ActorClass.SERVICE
            self._declare(service.accounts, kind, owner=service.id)
        for sealed in config.break_glass:
            self._declare(sealed.accounts, ActorClass.BREAK_GLASS, owner=sealed.id)
        self._ids = {person.id for person in config.people}
        self._full_names = {p.id: tuple(_WORD.findall(p.name.casefold())) for p in config.people}
        self._rows = {row.account: row for row in accounts}
        self._signed_in: dict[str, list[str]] = defaultdict(list)
        for account, row in self._rows.items():
            if account.startswith(_IDENTITY_CENTER) and row.name:
                self._signed_in[row.name.casefold()].append(account)
        self._keyholders = self._holders(credentials)

    def who(self, account: str) -> Identity:
        """Who is behind an account, as the provider writes it."""
        for found in (self.declared(account), self._by_provider(account), self._by_email(account)):
            if found:
                return found
        if account.startswith("ssh-key:"):
            return self._by_login(account)
        return Identity(account=account, actor_class=ActorClass.UNKNOWN, how="nobody declares it")

    def roster_id(self, name: str | None) -> str | None:
        """The roster id for an id, e-mail, account or full name as tickets name people; None when it fits not just one.

        A tracker that hides addresses names people as `Full Name <account>`: the account goes before the name.
        """
        text = (name or "").strip()
        if text in self._ids:
            return text
        found = self._emails.get(text.casefold(), [])
        if len(found) == 1:
            return found[0]
        if both := _NAME_AND_ACCOUNT.fullmatch(text):
            return self.roster_id(both[2]) or self.roster_id(both[1])
        return self.who(text).person or self._by_full_name(text)

    def _by_full_name(self, text: str) -> str | None:
        """Whoever is called so, also with the family name first or as an initial; None where several are."""
        words = tuple(_WORD.findall(text.casefold()))
        found = {person for person, name in self._full_names.items() if _is_called(name, words)}
        return found.pop() if len(found) == 1 else None

    def identity_center_user(self, name: str) -> str | None:
        """The Identity Center user who signs in by this name; None where there is none, or several."""
        found = self._signed_in.get(name.casefold(), [])
        return found[0] if len(found) == 1 else None

    def _declare(
        self, accounts: Iterable[str], kind: ActorClass, *, person: str | None = None, owner: str | None = None
    ) -> None:
        for account in accounts:
            patterned = "*" in account and not account.startswith("principalSet:")
            known = self._patterns if patterned else self._declared
            known[_plain(account)] = Identity(
                account=account, actor_class=kind, person=person, owner=owner, how="declared"
            )

    def declared(self, account: str) -> Identity | None:
        """Whoever declares the account in auditor.yaml, by its own name, by a less specific one, or by a pattern."""
        for name in _spellings(account):
            if name in self._declared:
                return replace(self._declared[name], account=account)
        for pattern, identity in self._patterns.items():
            if matches(pattern, account):
                return replace(identity, account=account)
        return None

    def by_address(self, address: str) -> Identity | None:
        """Whoever has the e-mail address: on the roster, or as a declared account."""
        people = self._emails.get(address.casefold(), [])
        if len(people) == 1:
            return Identity(account=address, actor_class=ActorClass.PERSON, person=people[0], how="e-mail")
        if people:
            fits = tuple(sorted(people))
            return Identity(account=address, actor_class=ActorClass.UNKNOWN, how="e-mail", candidates=fits)
        declared = self._declared.get(_plain(f"user:{address}"))
        return replace(declared, account=address) if declared else None

    def _by_provider(self, account: str) -> Identity | None:
        row = self._rows.get(account)
        root = aws_accounts.is_root(account) or ssh_accounts.is_root(account)
        if root or (row and row.kind == AccountKind.ROOT):
            return Identity(account=account, actor_class=ActorClass.ROOT, how="the root account")
        if aws_accounts.is_own(account) or google_accounts.is_own(account):
            return Identity(account=account, actor_class=ActorClass.PROVIDER, how="the provider's own")
        if account in self._machines:
            return Identity(account=account, actor_class=ActorClass.SERVICE, how="only services may become it")
        if google_accounts.is_workload_of(account, self._projects):
            return Identity(account=account, actor_class=ActorClass.SERVICE, how="a workload of the project")
        return None

    def _by_email(self, account: str) -> Identity | None:
        row = self._rows.get(account)
        address = row.email if row and row.email else ssh_accounts.address(account) or account.removeprefix("user:")
        found = self.by_address(address)
        return replace(found, account=account) if found else None

    def _by_login(self, key: str) -> Identity:
        people = sorted(self._keyholders.get(key, ()))
        if len(people) == 1:
            how = "the key stands in their login only"
            return Identity(account=key, actor_class=ActorClass.PERSON, person=people[0], how=how)
        how = "the key stands in several people's logins" if people else "nobody declares it"
        return Identity(account=key, actor_class=ActorClass.UNKNOWN, how=how, candidates=tuple(people))

    def _holders(self, credentials: Iterable[Credential]) -> Mapping[str, set[str]]:
        holders: dict[str, set[str]] = defaultdict(set)
        for credential in credentials:
            if credential.credential.startswith("ssh-key:"):
                login = self.declared(credential.account) or self._by_email(credential.account)
                if login and login.person:
                    holders[credential.credential].add(login.person)
        return holders


def _is_called(name: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether a full name is what somebody wrote: whole, the other way round, or with the last name as an initial."""
    if len(name) < 2 or len(name) != len(words):  # noqa: PLR2004 - a single name is no full one
        return False
    return sorted(name) == sorted(words) or (name[:-1] == words[:-1] and name[-1][0] == words[-1])


def _plain(account: str) -> str:
    """The account as it is looked up: Google does not tell cases apart in e-mail addresses."""
    kind, _, name = account.partition(":")
    return f"{kind}:{name.lower()}" if kind in ("user", "serviceAccount", "group") else account


def _spellings(account: str) -> Iterable[str]:
    """The ways in which the configuration may name an account, most specific first."""
    yield _plain(account)
    for accounts in (aws_accounts, google_accounts, ssh_accounts):
        yield from accounts.spellings(account)
    if account.startswith(("gitlab:", "github:")):
        yield account.casefold()  # of two users whose names differ in case alone, these servers have one
