"""What a PostgreSQL server says of its roles, as rows: what each was given, owns and may become."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from auditor.config.sources.databases import PostgresAccess
from auditor.model.tables import Row
from auditor.model.vocabulary import EVERYTHING as EVERY_CAPABILITY
from auditor.model.vocabulary import AccountKind, Capability
from auditor.providers.databases.words import (
    BEYOND_THE_SERVER,
    CONNECT,
    EVERYTHING,
    IN_PLACE_OF_SUPERUSER,
    OWNER,
    PUBLIC,
    REPLICATION,
    RUNS_AS,
    SUPERUSER,
    USAGE,
)
from collectors.answers import Times
from collectors.databases.access import DatabaseAccess, Said
from collectors.reading import Record

_ALL = EVERY_CAPABILITY - {Capability.MANAGE_BILLING}
_WITHOUT_HOST = _ALL - {Capability.SHELL}
# What PostgreSQL's own roles allow, and those that providers give in place of a superuser.
_PREDEFINED = {
    "pg_read_all_data": {Capability.READ_DATA},
    "pg_write_all_data": {Capability.WRITE_DATABASE},
    "pg_read_server_files": {Capability.READ_DATA},
    "rds_replication": {Capability.READ_DATA},
    **dict.fromkeys(BEYOND_THE_SERVER, _ALL),
    "pg_signal_backend": {Capability.RESTART},
    "pg_monitor": {Capability.READ_LOGS},
    **dict.fromkeys(IN_PLACE_OF_SUPERUSER, _WITHOUT_HOST),
}
# Roles of whoever signs in through the cloud, by tokens of minutes; those of groups too.
_BY_TOKEN = (
    *("rds_iam", "cloudsqliamuser", "cloudsqliamserviceaccount", "cloudsqliamworkforceidentity"),
    *("cloudsqliamgroupuser", "cloudsqliamgroupserviceaccount"),
)
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "CREATE"})


class Server(msgspec.Struct):
    """The server itself, and which provider manages it."""

    version: int
    database: str
    managed: str | None = None


class Role(msgspec.Struct):
    """A role with its attributes."""

    rolname: str
    oid: str
    rolsuper: bool
    rolinherit: bool
    rolcreaterole: bool
    rolcanlogin: bool
    rolreplication: bool = False
    rolvaliduntil: str | None = None


class Member(msgspec.Struct):
    """A membership with its options."""

    role: str
    of: str
    admin_option: bool = False
    inherit_option: bool | None = None
    set_option: bool = True


class HbaRule(msgspec.Struct):
    """A line of pg_hba.conf."""

    type: str | None = None
    database: list[str] | None = None
    user_name: list[str] | None = None
    address: str | None = None
    netmask: str | None = None
    auth_method: str | None = None
    map: str | None = None
    error: str | None = None


class Given(msgspec.Struct):
    """What was given on things of one kind in one schema, or will come with those that are made later."""

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


class Owned(msgspec.Struct):
    """How many things of one kind in one schema a role owns."""

    database: str
    kind: str
    schema: str
    owner: str
    objects: int


class RoleRows:
    """Makes rows of the answers about one server."""

    def __init__(self, access: DatabaseAccess[PostgresAccess], said: Said, times: Times) -> None:
        self._access, self._times = access, times
        roles: list[Role] = [one.value for one in said.of("role")]
        owned: list[Owned] = [one.value for one in said.of("owner")]
        members: list[Member] = [one.value for one in said.of("member")]
        self._inherits = {role.rolname: role.rolinherit for role in roles}
        self._owner_of = {one.database: one.owner for one in owned if one.kind == "DATABASE"}
        self._by_token = {one.of for one in members if one.role in _BY_TOKEN}

    def role(self, record: Record[Role]) -> Iterator[Row]:
        """The account, what its attributes allow, and how it signs in."""
        role, name, at = record.value, record.value.rolname, record.at
        by_token = name in self._by_token
        kind = AccountKind.UNKNOWN if role.rolcanlogin else AccountKind.ROLE
        told = {"email": name if by_token and "@" in name else None, "unique_id": role.oid}
        yield self._access.account(at, name, kind, enabled=role.rolcanlogin, **told)
        for attribute, held in _attributes(role):
            handle = self._access.handle("attribute", role=name, attribute=attribute)
            yield self._access.stated(at, name, attribute, EVERYTHING, held, handle)
        if name in _PREDEFINED:
            yield self._access.stated(at, name, f"what {name} allows", EVERYTHING, _PREDEFINED[name])
        if role.rolcanlogin:
            ends = self._times.read(_time(role.rolvaliduntil), "rolvaliduntil", name)
            handle = self._access.handle("login", role=name)
            yield self._access.login(at, name, "sign-in" if by_token else "password", expires_at=ends, handle=handle)

    def membership(self, record: Record[Member]) -> Iterator[Row]:
        """A membership with its options: before version 16, the member's role says whether it inherits."""
        one = record.value
        inherits = self._inherits.get(one.of, True) if one.inherit_option is None else one.inherit_option
        options = {"admin": one.admin_option, "inherit": inherits, "set": one.set_option}
        yield self._access.member(record.at, one.role, one.of, **options)

    def owned(self, record: Record[Owned]) -> Iterator[Row]:
        """What a role owns: it can change it, drop it and give it to others."""
        one = record.value
        what = {"DATABASE": "the database", "SCHEMA": "the schema"}.get(one.kind, f"{one.objects} tables")
        held = {Capability.READ_DATA, Capability.WRITE_DATABASE, Capability.MANAGE_ACCESS}
        yield self._access.stated(record.at, self._holder(one.owner, one.database), OWNER + what, _place(one), held)

    def given(self, record: Record[Given]) -> Iterator[Row]:
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

    def later(self, record: Record[Given]) -> Iterator[Row]:
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


def _attributes(role: Role) -> Iterator[tuple[str, Collection[Capability]]]:
    """What makes a role more than others, and what it may by that."""
    if role.rolsuper:
        yield SUPERUSER, _ALL
        return
    if role.rolcreaterole:
        yield "CREATEROLE", {Capability.MANAGE_ACCESS}
    if role.rolreplication:
        yield REPLICATION, {Capability.READ_DATA}


def _time(text: str | None) -> str | None:
    """The end of a password; one that never was is over for ever."""
    return {"infinity": None, "-infinity": "1970-01-01"}.get(text or "infinity", text)


def _place(one: Given | Owned) -> str:
    return "/".join(filter(None, (one.database, one.schema)))


def _what(one: Given) -> str:
    """The things that something was given on, the first of them by name."""
    more = one.objects - len(one.names)
    return f"{one.kind.lower()} {', '.join(one.names)}" + (f" and {more} more" if more > 0 else "")


def _allowed(one: Given) -> set[Capability]:
    given = set(one.privileges)
    held = {Capability.READ_DATA} if "SELECT" in given and one.kind not in ("SEQUENCE", "S") else set()
    held |= {Capability.WRITE_DATABASE} if given & _WRITES else set()
    return held | {Capability.MANAGE_ACCESS} if held and one.grantable else held
