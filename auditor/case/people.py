"""Every account to whoever is behind it, with how the match was made. Ambiguous matches are never guessed."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from auditor.activity.results import Caller, Issue
from auditor.config.models import Config
from auditor.model.entitlements import Identity
from auditor.model.tables import Account, Credential
from auditor.model.vocabulary import AccountKind, ActorClass

_SESSION = re.compile(r"arn:(aws[\w-]*):sts::(\d*):assumed-role/([^/]+)/(.+)")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::(\d*):role/(.+)")
_GOOGLE_AGENT = re.compile(
    r"serviceAccount:(service-\d+@.+\.iam\.gserviceaccount\.com|\d+@cloudservices\.gserviceaccount\.com|.+@system\.gserviceaccount\.com)"
    r"|user:system@google\.com"
)
_FORWARD_HOPS = 8
_IDENTITY_CENTER = "identity-center:"
_RESERVED = "AWSReservedSSO_"


class People:
    """The roster, the declared service accounts and the break-glass entries, to be asked by account.

    Args:
        accounts: account rows; their e-mail addresses and kinds help to recognise.
        credentials: credential rows; a key that stands in exactly one person's logins is theirs.
    """

    def __init__(
        self, config: Config, accounts: Iterable[Account] = (), credentials: Iterable[Credential] = ()
    ) -> None:
        self._declared: dict[str, Identity] = {}
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
        self._rows = {row.account: row for row in accounts}
        self._signed_in: dict[str, list[str]] = defaultdict(list)
        for account, row in self._rows.items():
            if account.startswith(_IDENTITY_CENTER) and row.name:
                self._signed_in[row.name.casefold()].append(account)
        self._keyholders = self._holders(credentials)

    def who(self, account: str) -> Identity:
        """Who is behind an account, as the provider writes it."""
        for found in (self._by_declaration(account), self._by_provider(account), self._by_email(account)):
            if found:
                return found
        if account.startswith("ssh-key:"):
            return self._by_login(account)
        return Identity(account=account, actor_class=ActorClass.UNKNOWN, how="nobody declares it")

    def roster_id(self, name: str | None) -> str | None:
        """The roster id for an id, e-mail or account as tickets name people; None when it fits no one or several."""
        text = (name or "").strip()
        if text in self._ids:
            return text
        found = self._emails.get(text.casefold(), [])
        return found[0] if len(found) == 1 else self.who(text).person

    def identity_center_user(self, name: str) -> str | None:
        """The Identity Center user who signs in by this name; None where there is none, or several."""
        found = self._signed_in.get(name.casefold(), [])
        return found[0] if len(found) == 1 else None

    def _declare(
        self, accounts: Iterable[str], kind: ActorClass, *, person: str | None = None, owner: str | None = None
    ) -> None:
        for account in accounts:
            self._declared[_plain(account)] = Identity(
                account=account, actor_class=kind, person=person, owner=owner, how="declared"
            )

    def _by_declaration(self, account: str) -> Identity | None:
        for name in _spellings(account):
            if name in self._declared:
                return replace(self._declared[name], account=account)
        if account.startswith("ssh:") and "@" in account:
            login, host = account[4:].split("@", 1)
            for name, identity in self._declared.items():
                if name.startswith(f"ssh:{login}@") and host.startswith(name.split("@", 1)[1] + "."):
                    return replace(identity, account=account)
        return None

    def _by_provider(self, account: str) -> Identity | None:
        row = self._rows.get(account)
        is_root = account.endswith(":root") or account.startswith("ssh:root@") or (row and row.kind == AccountKind.ROOT)
        if is_root:
            return Identity(account=account, actor_class=ActorClass.ROOT, how="the root account")
        own = "/aws-service-role/" in account or account.endswith(".amazonaws.com") or _GOOGLE_AGENT.fullmatch(account)
        if own:
            return Identity(account=account, actor_class=ActorClass.PROVIDER, how="the provider's own")
        return None

    def _by_email(self, account: str) -> Identity | None:
        row = self._rows.get(account)
        email = row.email if row and row.email else account.removeprefix("user:")
        people = self._emails.get(email.casefold(), [])
        if len(people) == 1:
            return Identity(account=account, actor_class=ActorClass.PERSON, person=people[0], how="e-mail")
        if people:
            return Identity(
                account=account, actor_class=ActorClass.UNKNOWN, how="e-mail", candidates=tuple(sorted(people))
            )
        return None

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
                login = self._by_declaration(credential.account) or self._by_email(credential.account)
                if login and login.person:
                    holders[credential.credential].add(login.person)
        return holders


def role_of_session(actor: str | None) -> tuple[str, str, str] | None:
    """AWS account, role name and session name of an assumed-role ARN."""
    match = _SESSION.fullmatch(actor or "")
    return (match[2], match[3], match[4]) if match else None


def _plain(account: str) -> str:
    """The account as it is looked up: Google does not tell cases apart in e-mail addresses."""
    kind, _, name = account.partition(":")
    return f"{kind}:{name.lower()}" if kind in ("user", "serviceAccount", "group") else account


def _spellings(account: str) -> Iterable[str]:
    """The ways in which the configuration may name an account, most specific first."""
    yield _plain(account)
    if session := role_of_session(account):
        yield f"arn:aws:iam::{session[0]}:role/{session[1]}"
    elif (role := _ROLE.fullmatch(account)) and "/" in role[2]:
        yield f"arn:aws:iam::{role[1]}:role/{role[2].rsplit('/', 1)[1]}"
    if account.startswith("ssh:") and "@" in account:
        yield account.split("@", 1)[0]
    if account.startswith(("gitlab:", "github:")):
        yield account.casefold()  # of two users whose names differ in case alone, these servers have one


class Callers:
    """The distinct callers of the events to identities: session names, source identities and assumed roles followed."""

    def __init__(self, people: People, callers: Iterable[Caller], issues: Iterable[Issue]) -> None:
        self._people = people
        self._callers = {caller.caller: caller for caller in callers}
        self._by_key: dict[str, set[int]] = defaultdict(set)
        self._by_name: dict[str, set[int]] = defaultdict(set)
        for issue in issues:
            self._by_name[issue.issued].add(issue.caller)
            if issue.issued_credential:
                self._by_key[issue.issued_credential].add(issue.caller)

    def resolve(self) -> dict[int, Identity]:
        """An identity for each caller, by its number."""
        return {number: self._who(caller, _FORWARD_HOPS) for number, caller in self._callers.items()}

    def _who(self, caller: Caller, hops: int) -> Identity:
        account = caller.account or caller.actor or ""
        declared = self._people.who(account)
        if caller.provider == "ssh":
            return self._ssh(caller, declared)
        own = caller.actor_kind in ("AWSService", "GoogleService")
        if own or (caller.invoked_by and declared.actor_class in _NOT_PEOPLE):
            return Identity(account=account, actor_class=ActorClass.PROVIDER, how="the provider's own call")
        if declared.actor_class in (ActorClass.SERVICE, ActorClass.PIPELINE):
            behind = self._by_session(caller, account, hops)
            return replace(declared, person=behind.person, how=behind.how) if behind and behind.person else declared
        if declared.actor_class is not ActorClass.UNKNOWN or declared.candidates:
            return declared
        return self._by_session(caller, account, hops) or declared

    def _by_session(self, caller: Caller, account: str, hops: int) -> Identity | None:
        named = caller.on_behalf_of and self._named(caller.on_behalf_of)
        if named:
            return replace(named, account=account, how="source identity")
        session = role_of_session(caller.actor)
        # Identity Center names the session after the user.
        signed_in = session and session[1].startswith(_RESERVED) and self._people.identity_center_user(session[2])
        if signed_in and (person := self._named(signed_in)):
            return replace(person, account=account, how="Identity Center user name")
        if session and (person := self._named(session[2])):
            return replace(person, account=account, how="session name")
        return self._by_issue(caller, account, hops)

    def _by_issue(self, caller: Caller, account: str, hops: int) -> Identity | None:
        openers = self._by_key.get(caller.credential or "") or self._by_name.get(caller.actor or "") or set()
        if not openers or not hops:
            return None
        found = {self._who(self._callers[number], hops - 1) for number in openers if number != caller.caller}
        people = {identity.person for identity in found if identity.person}
        if len(people) > 1:
            how = "the session was opened by several people"
            return Identity(account=account, actor_class=ActorClass.UNKNOWN, how=how, candidates=tuple(sorted(people)))
        for identity in sorted(found, key=lambda i: (i.person is None, i.account)):
            return replace(identity, account=account, how=f"session opened by {identity.account}")
        return None

    def _named(self, name: str) -> Identity | None:
        """Somebody whom the provider names outright: an e-mail, an Identity Center user, a roster id."""
        found = self._people.who(name)
        if found.person:
            return found
        person = self._people.roster_id(name)
        return Identity(account=name, actor_class=ActorClass.PERSON, person=person) if person else None

    def _ssh(self, caller: Caller, login: Identity) -> Identity:
        """The key decides; without a key the login's owner; a key that nobody knows is nobody's."""
        account = caller.account or ""
        if caller.credential:
            key = self._people.who(caller.credential)
            if key.person or key.owner or key.candidates:
                return replace(key, account=account, how=f"key fingerprint ({key.how})")
            return Identity(account=account, actor_class=ActorClass.UNKNOWN, how="a key that nobody declares")
        return login


_NOT_PEOPLE = (ActorClass.ROOT, ActorClass.PROVIDER, ActorClass.UNKNOWN, ActorClass.SERVICE)
