"""MySQL and MariaDB: accounts, roles, and what each was given."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from auditor.config.sources.databases import MysqlAccess
from auditor.model.tables import Row
from auditor.model.vocabulary import AccountKind, Capability
from auditor.model.written import statement, written
from auditor.providers.databases.words import ALL_PRIVILEGES, EVERYTHING, PUBLIC, RUNS_AS
from collectors.answers import Times
from collectors.base import Raw
from collectors.databases.access import DatabaseAccess, Said, answers, password
from collectors.files import existing
from collectors.problems import Problems
from collectors.reading import Reading, Record
from collectors.refusals import refusal

if TYPE_CHECKING:
    from pymysql import Connection

_TIMEOUT = 15
# Whoever may write in every database may write in the tables of grants too.
_ALL = {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "CREATE USER"}
_TO_GRANT_TABLES = {"INSERT", "UPDATE"}
_GRANT_TABLES = "mysql"
_MARIADB_PUBLIC = "PUBLIC"
# `\_` and `\%` are themselves in the name of a database that something was given on, `_` and `%` stand for others.
_WILDCARDS = {"_": ".", "%": ".*"}
_PATTERN = re.compile(r"\\([_%\\])|([_%])|([^_%\\]+|\\)", re.DOTALL)


@cache
def _allowing() -> dict[Capability, frozenset[str]]:
    return written(__package__, "mysql_privileges", dict[Capability, frozenset[str]])


class _Server(msgspec.Struct):
    version: str
    literal: bool = False
    mandatory: str | None = None


class _Account(msgspec.Struct):
    user: str
    host: str
    plugin: str | None = None
    locked: bool = False
    role: bool = False
    changed: str | None = None


class _Member(msgspec.Struct):
    role: str
    role_host: str
    user: str
    host: str
    admin: bool = False


class _Database(msgspec.Struct):
    name: str


class _Given(msgspec.Struct):
    grantee: str
    privileges: list[str]
    grantable: bool = False
    database: str | None = None
    table: str | None = None
    columns: list[str] = []


class _Routine(msgspec.Struct):
    database: str
    definers: list[str]


class MysqlAccessCollector(DatabaseAccess[MysqlAccess], frozen=True):
    """Accounts, roles and grants of MySQL or MariaDB."""

    PROVIDER: ClassVar[str] = "mysql"
    PERMISSIONS = ("privilege:SELECT", "privilege:SHOW_DATABASES", "privilege:SHOW_ROUTINE")
    READS = (
        "Accounts with the hosts that they may come from, locks and the age of their passwords; roles, who has them "
        "and may give them on; privileges on the server, databases (patterns too), tables and columns; "
        "proxies; routines that run as their definer. No data and no password."
    )
    SHAPES: ClassVar[dict[str, Any]] = {
        "server": _Server,
        "account": _Account,
        "member": _Member,
        "proxy": _Member,
        "database": _Database,
        "grant": _Given,
        "routine": _Routine,
    }

    def asked(self) -> Iterator[Raw]:
        """The answers of the server."""
        import pymysql

        with self._connected() as connection, connection.cursor() as cursor:

            def ask(query: str) -> list[str]:
                cursor.execute(query)
                return [str(row[0]) for row in cursor.fetchall()]

            yield answers(f"mysql:{self.source.instance}", statement(__package__, "mysql"), ask, pymysql.MySQLError)

    def _connected(self) -> Connection[Any]:
        import ssl

        import pymysql

        source = self.source
        told: dict[str, Any] = password(source)
        if source.option_file:
            told["read_default_file"] = str(existing(source.name, source.option_file, self.context))
        if str(source.host).startswith("/"):
            told["unix_socket"] = source.host
        else:
            told |= {"host": source.host, "port": source.port}
        if source.tls != "off" and "unix_socket" not in told:
            context = ssl.create_default_context(cafile=str(self.context.path(source.ca)) if source.ca else None)
            if source.tls == "require":
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            told["ssl"] = context
        try:
            return pymysql.connect(
                user=source.user,
                charset="utf8mb4",
                connect_timeout=_TIMEOUT,
                ssl_disabled="ssl" not in told,
                init_command="SET SESSION TRANSACTION READ ONLY",
                **told,
            )
        except (pymysql.MySQLError, OSError) as error:
            said = " ".join(str(error).split())
            raise refusal("database", "no connection", name=source.name, database="", said=said) from error

    def told(self, said: Said, reading: Reading, problems: Problems) -> None:
        """Rows of what was said."""
        server = said.of("server")[0]
        rows = _Rows(self, said, Times(problems))
        for part, make in (
            ("account", rows.account),
            ("member", rows.membership),
            ("proxy", rows.membership),
            ("grant", rows.given),
        ):
            reading.extend(row for record in said.of(part) for row in make(record))
        reading.extend(rows.mandatory(said))
        reading.add(self.server(server.at, {"version": server.value.version, "revokes": server.value.literal}))


class _Rows:
    def __init__(self, access: MysqlAccessCollector, said: Said, times: Times) -> None:
        self._access, self._times = access, times
        self._server: _Server = said.of("server")[0].value
        self._databases: list[str] = [one.value.name for one in said.of("database")]
        self._roles = {_name(one.value.role, one.value.role_host) for one in said.of("member")}
        self._routines: dict[str, list[str]] = {one.value.database: one.value.definers for one in said.of("routine")}
        self._given: defaultdict[str, list[_Given]] = defaultdict(list)
        for record in said.of("grant"):
            if record.value.database is not None and record.value.table is None:
                self._given[record.value.grantee].append(record.value)

    def account(self, record: Record[_Account]) -> Iterator[Row]:
        """The account, and how it signs in."""
        one, name = record.value, _name(record.value.user, record.value.host)
        is_role = one.role or (one.locked and name in self._roles)
        kind = AccountKind.ROLE if is_role else AccountKind.UNKNOWN
        yield self._access.account(record.at, name, kind, enabled=not (is_role or one.locked))
        if not is_role:
            made = self._times.read(one.changed, "the time of its password", name)
            handle = self._access.handle("login", user=one.user, host=one.host)
            told = {"created_at": made, "options": one.plugin, "handle": handle}
            yield self._access.login(record.at, name, "password", enabled=not one.locked, **told)

    def membership(self, record: Record[_Member]) -> Iterator[Row]:
        """Who has a role, or may connect as somebody else."""
        one = record.value
        yield self._access.member(record.at, _name(one.role, one.role_host), _name(one.user, one.host), admin=one.admin)

    def mandatory(self, said: Said) -> Iterator[Row]:
        """Roles that every account has."""
        server = said.of("server")[0]
        for role in filter(None, (part.strip().replace("`", "") for part in (self._server.mandatory or "").split(","))):
            name = role if "@" in role else f"{role}@%"
            for record in said.of("account"):
                yield self._access.member(server.at, name, _name(record.value.user, record.value.host), admin=False)

    def given(self, record: Record[_Given]) -> Iterator[Row]:
        """What was given, for each database that it is on."""
        one, at = record.value, record.at
        user, _, host = one.grantee[1:-1].rpartition("'@'")
        to = _name(user, host)
        held = {capability for capability, names in _allowing().items() if names & set(one.privileges)}
        everywhere = one.database is None
        if _TO_GRANT_TABLES & set(one.privileges) and one.database in (None, _GRANT_TABLES):
            held, everywhere = {*held, Capability.MANAGE_ACCESS}, True
        held |= {Capability.MANAGE_ACCESS} if one.grantable and held else set()
        words = ", ".join(sorted(set(one.privileges)))
        if one.columns:
            words = f"{words} of {', '.join(sorted(set(one.columns)))}"
        if one.grantable:
            words += " WITH GRANT OPTION"
        full = one.database is None and one.grantable and set(one.privileges) >= _ALL
        words = ALL_PRIVILEGES if full else f"{words} on {one.database or '*'}.{one.table or '*'}"
        handle = self._access.handle(
            "grant",
            user=user,
            host=host,
            database=one.database or "",
            table=one.table or "",
            privileges=",".join(sorted(set(one.privileges) - {"USAGE"})),
            columns=",".join(sorted(set(one.columns))) or None,
        )
        places = [EVERYTHING] if everywhere else self._places(one)
        for place in places if held else ():
            yield self._access.stated(at, to, words, place, held, handle)
        if "EXECUTE" in one.privileges and not full:
            for place in self._routines if one.database is None else self._places(one):
                if definers := self._routines.get(place):
                    role = f"EXECUTE on routines{RUNS_AS}{', '.join(sorted(set(definers)))}"
                    yield self._access.stated(at, to, role, place, ())

    def _places(self, one: _Given) -> list[str]:
        """The databases that something was given on, each by the grant that fits it best, as the server takes them."""
        name = one.database or ""
        if one.table is not None or self._server.literal:
            return ["/".join(filter(None, (name, one.table)))]
        rivals = self._given[one.grantee]
        fits = [d for d in self._databases if max((r for r in rivals if _fits(r, d)), key=_rank, default=None) is one]
        return fits or [name.replace("\\", "")]


def _name(user: str, host: str) -> str:
    return PUBLIC if (user, host) == (_MARIADB_PUBLIC, "") else f"{user}@{host}"


def _fits(one: _Given, database: str) -> bool:
    """Whether a pattern is of a database."""
    found = _PATTERN.findall(one.database or "")
    parts = (_WILDCARDS[other] if other else re.escape(own or text) for own, other, text in found)
    return re.fullmatch("".join(parts), database, re.DOTALL) is not None


def _rank(one: _Given) -> tuple[bool, int]:
    """How closely a pattern says what it is of: one without wildcards most, else by what stands before the first."""
    first = re.search(r"(?<!\\)[_%]", one.database or "")
    return first is None, first.start() if first else 0
