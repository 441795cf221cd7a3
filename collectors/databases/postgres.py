"""PostgreSQL: its roles and what each was given, owns and may become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from auditor.config.sources.databases import PostgresAccess
from auditor.errors import SourceError
from auditor.model.tables import Row
from auditor.model.vocabulary import EVERYTHING as EVERY_CAPABILITY
from auditor.model.vocabulary import AccountKind, Capability
from auditor.model.written import statement
from auditor.providers.databases.words import (
    BEYOND_THE_SERVER,
    CONNECT,
    EVERYTHING,
    IN_PLACE_OF_SUPERUSER,
    OWN_OF_POSTGRES,
    OWNER,
    PUBLIC,
    RUNS_AS,
    SUPERUSER,
    USAGE,
)
from collectors.answers import Times
from collectors.base import Raw, missing
from collectors.databases.access import DatabaseAccess, Said, answers, password
from collectors.reading import Problems, Reading, Record
from collectors.refusals import refusal

if TYPE_CHECKING:
    from psycopg import Connection

# A provider's own database lets nobody in.
_LIST = """
SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate AND NOT (
  datname IN ('rdsadmin', 'cloudsqladmin', 'azure_maintenance')
  AND EXISTS (SELECT FROM pg_settings WHERE name LIKE ANY (ARRAY['rds.%', 'cloudsql.%', 'azure.%']))
) ORDER BY datname
"""
_HBA = "pg_hba_file_rules"
_TIMEOUT = 15
_TLS = {"verify": "verify-full", "require": "require", "off": "disable"}
_ALL = EVERY_CAPABILITY - {Capability.MANAGE_BILLING}
_WITHOUT_HOST = _ALL - {Capability.SHELL}
# What PostgreSQL's own roles allow, and those that providers give in place of a superuser.
_PREDEFINED = {
    "pg_read_all_data": {Capability.READ_DATA},
    "pg_write_all_data": {Capability.WRITE_DATABASE},
    "pg_read_server_files": {Capability.READ_DATA},
    **dict.fromkeys(BEYOND_THE_SERVER, _ALL),
    "pg_signal_backend": {Capability.RESTART},
    "pg_monitor": {Capability.READ_LOGS},
    **dict.fromkeys(IN_PLACE_OF_SUPERUSER, _WITHOUT_HOST),
}
_BY_TOKEN = ("rds_iam", "cloudsqliamuser", "cloudsqliamserviceaccount")
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "CREATE"})


class _Server(msgspec.Struct):
    version: int
    database: str
    managed: str | None = None


class _Role(msgspec.Struct):
    rolname: str
    oid: str
    rolsuper: bool
    rolinherit: bool
    rolcreaterole: bool
    rolcanlogin: bool
    rolvaliduntil: str | None = None


class _Member(msgspec.Struct):
    role: str
    of: str
    by: str | None = None
    admin_option: bool = False
    inherit_option: bool | None = None
    set_option: bool = True


class _Hba(msgspec.Struct):
    type: str | None = None
    database: list[str] | None = None
    user_name: list[str] | None = None
    address: str | None = None
    netmask: str | None = None
    auth_method: str | None = None
    error: str | None = None


class _Given(msgspec.Struct):
    database: str
    kind: str
    schema: str
    privileges: list[str]
    to: str | None = None
    grantable: bool = False
    names: list[str] = []
    objects: int = 1
    owners: list[str] = []
    held: str | None = None
    by: str | None = None


class _Owned(msgspec.Struct):
    database: str
    kind: str
    schema: str
    owner: str
    objects: int


@dataclass(frozen=True, slots=True)
class PostgresAccessCollector(DatabaseAccess[PostgresAccess]):
    """Roles, memberships, grants, owners and who may connect."""

    PROVIDER: ClassVar[str] = "postgres"
    PERMISSIONS: ClassVar[tuple[str, ...]] = ("privilege:CONNECT", "privilege:pg_hba_file_rules")
    READS: ClassVar[str] = (
        "Roles with their attributes and the end of their passwords, memberships with their options, what roles and "
        "PUBLIC were given on databases, schemas, tables, columns, sequences and functions that run as their owner, "
        "default privileges, owners, and pg_hba's rules where they may be read; also RDS's, Cloud SQL's and Azure's. "
        "No data and no password."
    )
    SHAPES: ClassVar[dict[str, Any]] = {
        "server": _Server,
        "role": _Role,
        "member": _Member,
        "hba": _Hba,
        "grant": _Given,
        "owner": _Owned,
        "default": _Given,
    }

    def asked(self) -> Iterator[Raw]:
        """The answers of each database, and a sentence for one that lets the audit not in."""
        import psycopg

        queries = statement(__package__, "postgres")
        names = self.source.databases
        with self._connected(names[0] if names else self.source.database) as first:
            names = names or tuple(str(row[0]) for row in first.execute(_LIST))
        for name in names:
            origin = f"postgres:{self.source.instance}/{name}"
            try:
                connection = self._connected(name)
            except SourceError as error:
                yield missing(origin, error.why)
                continue
            with connection:
                yield answers(
                    origin,
                    queries,
                    lambda query, asked=connection: [row[0] for row in asked.execute(query)],  # type: ignore[misc]
                    psycopg.Error,
                )

    def _connected(self, database: str) -> Connection[Any]:
        import psycopg

        source = self.source
        told: dict[str, Any] = {**password(source), "sslmode": _TLS[source.tls]}
        if str(source.host).startswith("/"):
            told["sslmode"] = "disable"
        elif source.tls == "verify":
            told["sslrootcert"] = str(self.context.path(source.ca)) if source.ca else "system"
        try:
            return psycopg.connect(
                host=source.host,
                port=source.port,
                user=source.user,
                dbname=database,
                connect_timeout=_TIMEOUT,
                application_name="auditor",
                client_encoding="utf8",
                autocommit=True,
                options="-c default_transaction_read_only=on -c search_path=pg_catalog",
                **told,
            )
        except psycopg.Error as error:
            said = " ".join(str(error).split())
            raise refusal("database", "no connection", name=source.name, database=database, said=said) from error

    def is_usual(self, refused: str, said: Said) -> bool:
        """Providers keep pg_hba to themselves, and let every role in that has a password."""
        return _HBA in refused and any(one.value.managed for one in said.of("server"))

    def told(self, said: Said, reading: Reading, problems: Problems) -> str | None:
        """Rows of what was said."""
        server = said.of("server")[0]
        managed, rules = server.value.managed, [msgspec.to_builtins(one.value) for one in said.of("hba")]
        rows = _Rows(self, said, Times(problems))
        for part, make in (
            ("role", rows.role),
            ("member", rows.membership),
            ("owner", rows.owned),
            ("grant", rows.given),
            ("default", rows.later),
        ):
            reading.extend(row for record in said.of(part) for row in make(record))
        names = [one.value.rolname for one in said.of("role")]
        for name in names if not managed else ():
            if OWN_OF_POSTGRES.fullmatch(name):
                problems.note(f"the role {name} has the name of a provider's own, and this server is no provider's")
        reading.add(self.server(server.at, {"managed": managed, "hba": rules or None}))
        return None if rules or managed else "which role may come from where (pg_hba.conf) could not be read"


class _Rows:
    def __init__(self, access: PostgresAccessCollector, said: Said, times: Times) -> None:
        self._access, self._times = access, times
        roles: list[_Role] = [one.value for one in said.of("role")]
        owned: list[_Owned] = [one.value for one in said.of("owner")]
        members: list[_Member] = [one.value for one in said.of("member")]
        self._inherits = {role.rolname: role.rolinherit for role in roles}
        self._owner_of = {one.database: one.owner for one in owned if one.kind == "DATABASE"}
        self._by_token = {one.of for one in members if one.role in _BY_TOKEN}

    def role(self, record: Record[_Role]) -> Iterator[Row]:
        """The account, what its attributes allow, and how it signs in."""
        role, name, at = record.value, record.value.rolname, record.at
        by_token = name in self._by_token
        kind = AccountKind.UNKNOWN if role.rolcanlogin else AccountKind.ROLE
        told = {"email": name if by_token and "@" in name else None, "unique_id": role.oid}
        yield self._access.account(at, name, kind, enabled=role.rolcanlogin, **told)
        if role.rolsuper or role.rolcreaterole:
            attribute = SUPERUSER if role.rolsuper else "CREATEROLE"
            held = _ALL if role.rolsuper else {Capability.MANAGE_ACCESS}
            handle = self._access.handle("attribute", role=name, attribute=attribute)
            yield self._access.stated(at, name, attribute, EVERYTHING, held, handle)
        if name in _PREDEFINED:
            yield self._access.stated(at, name, f"what {name} allows", EVERYTHING, _PREDEFINED[name])
        if role.rolcanlogin:
            ends = self._times.read(_time(role.rolvaliduntil), "rolvaliduntil", name)
            handle = self._access.handle("login", role=name)
            yield self._access.login(at, name, "sign-in" if by_token else "password", expires_at=ends, handle=handle)

    def membership(self, record: Record[_Member]) -> Iterator[Row]:
        """A membership with its options: before version 16, the member's role says whether it inherits."""
        one = record.value
        inherits = self._inherits.get(one.of, True) if one.inherit_option is None else one.inherit_option
        options = {"admin": one.admin_option, "inherit": inherits, "set": one.set_option}
        yield self._access.member(record.at, one.role, one.of, **options)

    def owned(self, record: Record[_Owned]) -> Iterator[Row]:
        """What a role owns: it can change it, drop it and give it to others."""
        one = record.value
        what = {"DATABASE": "the database", "SCHEMA": "the schema"}.get(one.kind, f"{one.objects} tables")
        held = {Capability.READ_DATA, Capability.WRITE_DATABASE, Capability.MANAGE_ACCESS}
        yield self._access.stated(record.at, self._holder(one.owner, one.database), OWNER + what, _place(one), held)

    def given(self, record: Record[_Given]) -> Iterator[Row]:
        """What was given on things of one kind in one schema."""
        one, to = record.value, self._holder(record.value.to or PUBLIC, record.value.database)
        handle = self._access.handle(
            "grant", role=to, database=one.database, schema=one.schema, object=one.kind, held=one.held
        )
        enters = {("DATABASE", "CONNECT"): CONNECT, ("SCHEMA", "USAGE"): USAGE}
        for way in {enters[one.kind, name] for name in one.privileges if (one.kind, name) in enters}:
            yield self._access.stated(record.at, to, way, _place(one), ())
        role, held = f"{', '.join(one.privileges)} on {_what(one)}", _allowed(one)
        if one.kind == "FUNCTION":
            yield self._access.stated(record.at, to, f"{role}{RUNS_AS}{', '.join(one.owners)}", _place(one), (), handle)
        elif held:
            yield self._access.stated(record.at, to, role, _place(one), held, handle)

    def later(self, record: Record[_Given]) -> Iterator[Row]:
        """What tables and schemas will come with that somebody makes from now on."""
        one, to = record.value, record.value.to or PUBLIC
        what = {"r": "tables", "S": "sequences", "n": "schemas"}[one.kind]
        handle = self._access.handle(
            "default", role=to, database=one.database, schema=one.schema, object=what.upper(), by=one.by
        )
        if held := _allowed(one):
            role = f"{', '.join(one.privileges)} by default on {what} that {one.by} makes"
            yield self._access.stated(record.at, to, role, _place(one), held, handle)

    def _holder(self, name: str, database: str) -> str:
        """Who has what a role has: of one that stands for a database's owner, that."""
        return self._owner_of.get(database, name) if name == "pg_database_owner" else name


def _time(text: str | None) -> str | None:
    """The end of a password; one that never was is over for ever."""
    return {"infinity": None, "-infinity": "1970-01-01"}.get(text or "infinity", text)


def _place(one: _Given | _Owned) -> str:
    return "/".join(filter(None, (one.database, one.schema)))


def _what(one: _Given) -> str:
    """The things that something was given on, the first of them by name."""
    more = one.objects - len(one.names)
    return f"{one.kind.lower()} {', '.join(one.names)}" + (f" and {more} more" if more > 0 else "")


def _allowed(one: _Given) -> set[Capability]:
    given = set(one.privileges)
    held = {Capability.READ_DATA} if "SELECT" in given and one.kind not in ("SEQUENCE", "S") else set()
    held |= {Capability.WRITE_DATABASE} if given & _WRITES else set()
    return held | {Capability.MANAGE_ACCESS} if held and one.grantable else held
