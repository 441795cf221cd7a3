"""Every account to whoever is behind it, with how the match was made. Ambiguous matches are never guessed."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from msgspec.structs import replace

from auditor.case.roster_names import RosterNames
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Identity
from auditor.model.globs import matches
from auditor.model.groups import distinct, grouped, only
from auditor.model.person_names import NAME_AND_ACCOUNT, mailbox, plainly_called
from auditor.model.tables import Account, Credential, Policy
from auditor.model.vocabulary import ROBOTS, AccountKind, ActorClass
from auditor.providers.registry import PROVIDERS, account_name, everybody_of, with_every_name
from auditor.providers.systems import in_scope

NOBODY = "nobody declares it"
"""How it is known of an account that nobody is behind it."""

_COMMON_NAME = re.compile(r"(?:^|[,/ ])CN=([^,/]+)")
# Vault signs for `vault-oidc-nina@…` and puts the hash of the key behind it.
_VAULT = re.compile(r"^vault-(?:[a-z]+-)?(\S+?)(?:-[0-9a-f]{64})?$")
# Between these a login may stand alone: Vault's own ways of signing in, and BLESS's `request[…] for[nina] …`.
_MADE_FOR = re.compile(
    r"vault-(?:userpass|ldap|oidc|jwt|github|okta|kerberos|radius)-(\S+)-[0-9a-f]{64}"
    r"|request\[\S*\] for\[([^\s\]]+)\] .*"
)
_BETWEEN = re.compile(r"[\s,;|=<>()]+")
_NO_LETTER = re.compile(r"[^a-z0-9_]")
_TAG = re.compile(r"\+[^@]*@")
_LONGEST_LOGIN = 32


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
        rows = tuple(policies)
        self._systems = config.systems
        self._machines = frozenset().union(*(one.service_roles(rows) for one in PROVIDERS.values()))
        self._declared: dict[str, Identity] = {}
        self._patterns: dict[str, Identity] = {}
        self._addresses: dict[str, Identity] = {}
        self._emails: dict[str, list[str]] = defaultdict(list)
        for person in config.people:
            if person.email:
                for name in {mailbox(person.email), _os_login(person.email), _of_short_domain(person.email)}:
                    self._emails[name].append(person.id)
            self._declare(person.accounts, ActorClass.PERSON, person=person.id)
        for service in config.service_accounts:
            kind = ActorClass.PIPELINE if service.pipeline else ActorClass.SERVICE
            self._declare(service.accounts, kind, owner=service.id)
        for vendor in config.vendors:
            if vendor.account:
                self._declare(everybody_of(vendor.account), ActorClass.SERVICE, owner=vendor.id)
        for sealed in config.break_glass:
            self._declare(sealed.accounts, ActorClass.BREAK_GLASS, owner=sealed.id)
        self._roster = {person.id: person for person in config.people}
        self._ids = {person.id.casefold(): person.id for person in config.people}
        self.names = RosterNames(config.people)
        self._known: dict[str, Identity] = {}
        self._rows = {row.account: row for row in accounts}
        self._by_id = {row.unique_id: row.account for row in self._rows.values() if row.unique_id}
        self._called = grouped(((row.name or "").casefold(), account) for account, row in self._rows.items())
        known = [one for one in credentials if one.credential.startswith("ssh-key:")]
        self._keyholders, self._keys_were_read = self._holders(known), bool(known)
        keys = (whose for account, whose in self._declared.items() if account.startswith("ssh-key:"))
        self._with_keys = {whose.person or whose.owner for whose in keys}

    def who(self, account: str) -> Identity:
        """Who is behind an account, as the provider writes it."""
        if account not in self._known:
            self._known[account] = self._told(account)
        return self._known[account]

    def is_root(self, account: str) -> bool:
        """Whether an account is root, or an owner's, and not declared as anything else; quick to say of what is not."""
        return self._is_named_root(account) and self.who(account).actor_class is ActorClass.ROOT

    def _told(self, account: str) -> Identity:
        for found in (self.declared(account), self._by_kind(account), self._by_email(account)):
            if found:
                return found
        if account in self._keyholders:
            return self._by_login(account)
        return Identity(account=account, actor_class=ActorClass.UNKNOWN, how=NOBODY)

    def roster_id(self, name: str | None) -> str | None:
        """The roster id for an id, e-mail, account or full name as tickets name people; None when it fits not just one.

        A tracker that hides addresses names people as `Full Name <account>`: the account goes before the name.
        """
        text = (name or "").strip().removeprefix("@")
        if person := self._ids.get(text.casefold()):
            return person
        found = self._emails.get(mailbox(text), [])
        if len(found) == 1:
            return found[0]
        if both := NAME_AND_ACCOUNT.fullmatch(text):
            return self.roster_id(both[2]) or self.roster_id(both[1])
        return self.who(text).person or self.names.in_full(text)

    def called(self, name: str | None, *, of_namesakes: bool = True) -> str | None:
        """Whom a ticket means: as `roster_id`, or by a given or family name or a tracker's login that one person has.

        Args:
            name: as people write it.
            of_namesakes: whether a given name that several have means the one whose id it is, however it is written.
        """
        text = plainly_called(name or "")
        fits = self.names.in_part(text)
        unclear = not of_namesakes and text not in self._roster and len(fits) > 1
        if not unclear and (found := self.roster_id(text)):
            return found
        if both := NAME_AND_ACCOUNT.fullmatch(text):
            return self.called(both[2]) or self.called(both[1])
        fits |= self.names.of_login(text) | self.names.of_login(text.partition(":")[2])
        fits = fits or self.names.with_middle_names(text)
        plain = _TAG.sub("@", text)
        if not fits and plain != text:
            return self.roster_id(plain)
        return only(fits)

    def namesakes(self, name: str) -> set[str]:
        """Those whom a name means that several have; nobody where it is one person's, or nobody's."""
        if self.called(name):
            return set()
        return self.names.in_part(plainly_called(name))

    def named(self, name: str) -> Identity | None:
        """Somebody whom the provider names outright: an account, an e-mail, a roster id; or a declared workload."""
        found = self.who(name)
        if found.person or found.actor_class in ROBOTS:
            return found
        person = self.roster_id(name) or self._certified(name)
        return Identity(account=name, actor_class=ActorClass.PERSON, person=person) if person else None

    def _certified(self, name: str) -> str | None:
        """Whom the subject or id of a certificate names, between what an authority puts around it."""
        if made := _MADE_FOR.fullmatch(name):
            return self.roster_id(made[1] or made[2])
        common = _COMMON_NAME.search(name)
        pieces = [common[1]] if common else _BETWEEN.split(_VAULT.sub(r"\1", name))
        return only(person for piece in pieces if common or "@" in piece if (person := self.roster_id(piece)))

    @cached_property
    def leavers(self) -> Collection[str]:
        """Those of the roster who leave, or have left."""
        return frozenset(person.id for person in self._roster.values() if person.left)

    def knows_keys_of(self, identity: Identity) -> bool:
        """Whether any SSH key of theirs is declared, or the keys of any host were read."""
        return self._keys_were_read or (identity.person or identity.owner) in self._with_keys

    def account_with_id(self, unique_id: str) -> str | None:
        """The account to which its provider gave this id."""
        return self._by_id.get(unique_id)

    def account_called(self, name: str, start: str) -> str | None:
        """The account that begins like this and whose user has this name; None where there is none, or several."""
        return only(account for account in self._called.get(name.casefold(), ()) if account.startswith(start))

    def _declare(
        self, accounts: Iterable[str], kind: ActorClass, *, person: str | None = None, owner: str | None = None
    ) -> None:
        for account in accounts:
            name = account_name(account)
            identity = Identity(
                account=account, actor_class=kind, person=person, owner=owner, how="declared in auditor.yaml"
            )
            self._declared[name.keys[0]] = identity
            if name.email:
                self._addresses[mailbox(name.email)] = identity
            if "*" in account:
                self._patterns[name.spellings[0]] = identity

    def declared(self, account: str) -> Identity | None:
        """Whoever declares the account in auditor.yaml, by its own name, by a less specific one, or by a pattern."""
        for name in account_name(account).keys:
            if name in self._declared:
                return replace(self._declared[name], account=account)
        for pattern, identity in self._patterns.items():
            if matches(pattern, account):
                return replace(identity, account=account)
        return None

    def declares_any(self, prefix: str) -> bool:
        """Whether any account that begins like this is declared."""
        return any(name.startswith(prefix) for name in self._declared)

    def by_address(self, address: str) -> Identity | None:
        """Whoever has the e-mail address: on the roster, or as a declared account."""
        people = self._emails.get(mailbox(address), [])
        if len(people) == 1:
            return Identity(account=address, actor_class=ActorClass.PERSON, person=people[0], how="e-mail")
        if people:
            fits = tuple(sorted(people))
            return Identity(account=address, actor_class=ActorClass.UNKNOWN, how="e-mail", candidates=fits)
        declared = self._addresses.get(mailbox(address))
        return replace(declared, account=address) if declared else None

    def _by_kind(self, account: str) -> Identity | None:
        name = account_name(account)
        if self._is_named_root(account):
            return Identity(account=account, actor_class=ActorClass.ROOT, how="the root account")
        if name.actor_class:
            return Identity(account=account, actor_class=name.actor_class, how="the provider's own")
        if account in self._machines:
            return Identity(account=account, actor_class=ActorClass.SERVICE, how="only services may become it")
        if name.workload_of and any(in_scope(system, name.workload_of) for system in self._systems):
            return Identity(account=account, actor_class=ActorClass.SERVICE, how="a workload of the project")
        return None

    def _is_named_root(self, account: str) -> bool:
        row = self._rows.get(account)
        return account_name(account).actor_class is ActorClass.ROOT or bool(row and row.kind == AccountKind.ROOT)

    def _by_email(self, account: str) -> Identity | None:
        row = self._rows.get(account)
        address = (row and row.email) or account_name(account).email or ""
        found = self.by_address(address)
        return replace(found, account=account) if found else None

    def _by_login(self, key: str) -> Identity:
        people = sorted(self._keyholders.get(key, ()))
        if len(people) == 1:
            how = "the key stands in their login only"
            return Identity(account=key, actor_class=ActorClass.PERSON, person=people[0], how=how)
        how = "the key stands in several people's logins" if people else NOBODY
        return Identity(account=key, actor_class=ActorClass.UNKNOWN, how=how, candidates=tuple(people))

    def _holders(self, credentials: Iterable[Credential]) -> Mapping[str, set[str]]:
        logins = ((one, self.declared(one.account) or self._by_email(one.account)) for one in credentials)
        return distinct((one.credential, login.person) for one, login in logins if login and login.person)


def people_of(config: Config, rows: Snapshots) -> tuple[Config, People]:
    """The configuration with every name that rows have for its places, and whoever is behind their accounts."""
    named = with_every_name(config, rows)
    return named, People(named, rows.accounts, rows.credentials, rows.policies)


def _os_login(email: str) -> str:
    """What Google's OS Login calls somebody on hosts: their address in letters that a login may have."""
    return _NO_LETTER.sub("_", email.lower())[:_LONGEST_LOGIN]


def _of_short_domain(email: str) -> str:
    """The address under what hosts joined to a directory call its domain: the first label."""
    login, _, domain = email.casefold().partition("@")
    return f"{login}@{domain.partition('.')[0]}"
