"""Database servers as the auditor asks them."""

import re
from abc import abstractmethod
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from msgspec.structs import replace

from auditor.activity.results import JudgedEvent, UsedAct
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import details
from auditor.model.entitlements import IdentityOf
from auditor.model.handles import Handle
from auditor.model.tables import Grant
from auditor.model.vocabulary import ActorClass, Capability
from auditor.providers.base import StatedProvider
from auditor.providers.database_logs import statement_silences
from auditor.providers.databases import postgres
from auditor.providers.databases.fit import fitted_grants
from auditor.providers.databases.grant_events import postgres_grants
from auditor.providers.databases.permitted import database_permitted
from auditor.providers.databases.rights import Entrance, Login, database_rights
from auditor.providers.databases.words import EVERYTHING, OWN_OF_MYSQL, OWN_OF_POSTGRES
from auditor.providers.permitted import Permitted, gone, without_members
from auditor.providers.protocol.names import AccountName
from auditor.providers.rights import Rights
from auditor.providers.unseen import Unseen, lost_grants, unlogged

_READING = ("SELECT", "COPY TO", "SHOW", "EXPLAIN", "FETCH", "DECLARE")
_SOCKETS = ("auth_socket", "unix_socket")
_GIVING = ("GRANT", "REVOKE", "CREATE ROLE", "ALTER ROLE", "DROP ROLE", "CREATE USER", "ALTER USER", "DROP USER")


class _Database(StatedProvider):
    """What the servers have in common: an account is written with its server behind it."""

    OWN: ClassVar[re.Pattern[str]]
    LOGGED: ClassVar[bool] = True
    """Whether any log of its servers is read."""

    def account_name(self, account: str) -> AccountName | None:
        """An account of one server; the configuration may write it of all servers: `postgres:nina`.

        Where it has an @ in its name, it may not: it could be another's of one server. Users whom a cloud or a
        directory signs in are called by their address.
        """
        prefix = f"{self.name}:"
        if not account.startswith(prefix):
            return None
        name, at, _ = account.removeprefix(prefix).rpartition("@")
        if not at:
            return AccountName((account,))
        own = ActorClass.PROVIDER if self.OWN.fullmatch(name) else None
        plain = self.plain(name)
        everywhere = (f"{prefix}{plain}",) if plain and "@" not in plain else ()
        address = plain if "@" in plain else None
        return AccountName((account, *everywhere), email=address, actor_class=own, user=plain if everywhere else None)

    def plain(self, name: str) -> str:
        """The name of a role, or of a user without the hosts that it may come from."""
        return name

    def rights(self, config: Config, rows: Snapshots, who: IdentityOf, at: datetime) -> Rights:
        """Own grants, roles, PUBLIC and ownership, for every login that can come in."""
        return database_rights(self.name, config, rows, who, at, self.entrance)

    def permitted(self, config: Config, rows: Snapshots, acts: Sequence[UsedAct], at: datetime) -> Sequence[Permitted]:
        """Sign-ins and statements, by what each login holds."""
        return database_permitted(self.name, rows, acts, at, self.entrance)

    def without(self, rows: Snapshots, handles: Collection[Handle]) -> Snapshots | None:
        """Without grants and what was given with them, memberships, and logins, which are shut.

        None where one is not in the rows, or no log tells of its use.
        """
        members = [handle for handle in handles if handle.get("type") == "member"]
        others = [handle for handle in handles if handle.get("type") != "member"]
        left = super().without(rows, others) if self.LOGGED else None
        if left is None:
            return None
        # One statement gives CONNECT or USAGE beside the rest, and takes it away with it.
        given = {_statement(row) for row in gone(rows.grants, left.grants)}
        shut = {row.account for row in gone(rows.credentials, left.credentials)}
        left = replace(
            left,
            grants=[row for row in left.grants if _statement(row) not in given],
            accounts=[replace(row, enabled=False) if row.account in shut else row for row in rows.accounts],
        )
        names = [tuple(f"{self.name}:{one[key]}@{one['account']}" for key in ("role", "member")) for one in members]
        return without_members(left, [(group, member) for group, member in names])

    def unseen(self, rows: Snapshots, after: Snapshots, from_: datetime, at: datetime) -> Iterator[Unseen]:
        """What is read: of statements, logs tell those that change something."""
        why = "of statements, only those that change something are read in its log"
        yield from unlogged(rows, lost_grants(self.name, rows, after), from_, _reads, why)

    def narrows_trail(self, event: JudgedEvent) -> bool:
        """Whether a statement lets its server log less."""
        return statement_silences(str(details(event.detail).get("statement") or ""))

    @abstractmethod
    def entrance(self, login: Login, grant: Grant) -> Entrance | None:
        """How a login comes to use a right; None where it cannot."""

    def capabilities(self, action: str) -> frozenset[Capability]:
        """By the command that its log names: `postgres:UPDATE`."""
        command = action.partition(":")[2]
        if not command.isupper():
            return frozenset()  # to connect is no more than that
        if command.startswith(_READING):
            return frozenset({Capability.READ_DATA})
        return frozenset({Capability.MANAGE_ACCESS if command.startswith(_GIVING) else Capability.WRITE_DATABASE})

    def scopes_read(self, rows: Snapshots) -> set[str]:
        """The servers."""
        return {row.scope for row in rows.accounts if row.provider == self.name}


def _statement(grant: Grant) -> tuple[object, ...]:
    """By which statement somebody was given a right."""
    return grant.source, grant.origin, grant.record, grant.principal


def _reads(grant: Grant) -> str:
    """What a right lets read."""
    return f"reading in {grant.resource}" if Capability.READ_DATA in grant.capabilities else ""


class Postgres(_Database):
    """PostgreSQL, RDS's, Cloud SQL's and Azure's among them."""

    TITLE = "PostgreSQL"
    entrance = staticmethod(postgres.enter)
    fitted = staticmethod(fitted_grants)
    grant_events = staticmethod(postgres_grants)
    OWN = OWN_OF_POSTGRES
    NOT_READ = (
        "what functions do that run with their owner's rights: who may call them could not be judged",
        "row security, foreign servers and what their users may do elsewhere",
        "grants on single functions, types, large objects, tablespaces and parameters",
        "who signs in as which role by certificate, LDAP or `pg_ident.conf`, or through a pooler",
        "statements that a transaction took back later, where log_statement is not `all`",
        "of the log, what DO, CALL and functions do without pgaudit",
        "of what a log shows as given, owners of objects, passwords, and memberships of roles whose rights are in none",
        "who held what before the night that it was first read",
    )


class Mysql(_Database):
    """MySQL and MariaDB."""

    TITLE = "MySQL"
    OWN = OWN_OF_MYSQL
    LOGGED = False
    NOT_READ = (
        "what routines and views do that run with their definer's rights: who may call routines could not be judged",
        "what partial revokes take away from a right on all databases",
        "logs of the server",
        "who held what before the night that it was first read",
    )

    def plain(self, name: str) -> str:
        """The user; Cloud SQL's log of statements tells no host."""
        return name.rpartition("@")[0] if "@" in name else name

    def entrance(self, login: Login, grant: Grant) -> Entrance:
        """From which hosts an account comes in."""
        host = (login.account.name or "").rpartition("@")[2]
        conditions = [] if host == "%" else [f"only from {host}"]
        if login.credential and login.credential.options in _SOCKETS:
            conditions.append("only as the host's own login of that name")
        if grant.resource == EVERYTHING and login.server.document.get("revokes"):
            conditions.append("but for what partial revokes take away, which are not read")
        return Entrance(conditions=tuple(conditions))
