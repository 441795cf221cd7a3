"""PostgreSQL: its roles and what each was given, owns and may become."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from auditor.config.sources.databases import PostgresAccess
from auditor.errors import SourceError
from auditor.model.written import statement
from auditor.providers.databases.words import OWN_OF_POSTGRES
from collectors.answers import Times
from collectors.base import Raw, missing
from collectors.databases.access import DatabaseAccess, Said, answers, password
from collectors.databases.postgres_rows import Given, HbaRule, Member, Owned, Role, RoleRows, Server
from collectors.problems import Problems
from collectors.reading import Reading
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


class PostgresAccessCollector(DatabaseAccess[PostgresAccess], frozen=True):
    """Roles, memberships, grants, owners and who may connect."""

    PROVIDER: ClassVar[str] = "postgres"
    PERMISSIONS = ("privilege:CONNECT", "privilege:pg_hba_file_rules")
    READS = (
        "Roles with their attributes and the end of their passwords, memberships with their options, what roles and "
        "PUBLIC were given on databases, schemas, tables, columns, sequences and functions that run as their owner, "
        "default privileges, owners, and pg_hba's rules where they may be read; also RDS's, Cloud SQL's and Azure's. "
        "No data and no password."
    )
    SHAPES: ClassVar[dict[str, Any]] = {
        "server": Server,
        "role": Role,
        "member": Member,
        "hba": HbaRule,
        "grant": Given,
        "owner": Owned,
        "default": Given,
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
        rows = RoleRows(self, said, Times(problems))
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
