"""Accounts of which nobody is known: whose sessions are taken together, since one answer settles them all."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from msgspec.structs import replace

from auditor.activity.results import Caller
from auditor.case.people import NOBODY, People
from auditor.model.entitlements import Identity
from auditor.model.vocabulary import ActorClass
from auditor.providers.registry import provider

_KEY = "ssh-key:"


class Doer(Protocol):
    """Whoever did something, as the log and the digest name them."""

    @property
    def provider(self) -> str:
        """As rows name it."""

    @property
    def account(self) -> str | None:
        """The account that it was done as."""

    @property
    def actor(self) -> str | None:
        """The session or user, as the log has it."""

    @property
    def credential(self) -> str | None:
        """The key or certificate."""


def stranger(people: People, doer: Doer, how: str | None, *, undeclared: bool) -> tuple[str, str] | None:
    """The account that a session of nobody is of, and the name by which auditor.yaml would know it.

    None where it is known whose account it is, and not who of several people used it.
    """
    home, account = provider(doer.provider), doer.account or ""
    if home.OPENS_SHELLS:
        key = doer.credential or ""
        name = key if key.startswith(_KEY) else account
        return (account, name) if _is_nobodys(people, name) and (name == key or how in (None, NOBODY)) else None
    if how not in (None, NOBODY) and not undeclared:
        return None
    session = home.session(doer.actor or "")
    if session and session.directory and not session.is_machine:
        user = people.account_called(session.name, session.directory)
        return doer.actor or account, user or session.name
    return (account, account) if _is_nobodys(people, account) else None


def strangers(people: People, known: Iterable[tuple[Caller, Identity, bool]]) -> Iterator[tuple[int, str]]:
    """The callers of accounts and machines that nobody declares, by number, each with the name it is told by."""
    for caller, identity, undeclared in known:
        if identity.actor_class is ActorClass.UNKNOWN:
            doer = replace(caller, account=identity.account)
            if found := stranger(people, doer, identity.how, undeclared=undeclared):
                yield caller.caller, found[1]
        elif identity.actor_class is ActorClass.SERVICE and undeclared:
            yield caller.caller, identity.account or caller.actor or ""


def _is_nobodys(people: People, name: str) -> bool:
    """Whether an entry of auditor.yaml could name it; an act without any account is nobody's that could be declared."""
    return bool(name) and people.who(name).how == NOBODY
