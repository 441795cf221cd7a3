"""Sources of databases."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from auditor.config.base import Name, Text, Variable, optional, several
from auditor.config.sources.base import RIGHTS, Source

Port = Annotated[int, Field(ge=1, le=65535, description="port of the server")]
_INSTANCE = "what `resources` and accounts call the server"


class DatabaseLogin(Source):
    """How to reach a server, or what was saved of it."""

    FEEDS = RIGHTS
    ONE_OF = ("host", "path")
    NEVER_EMPTY = True

    instance: Name = Field(description=_INSTANCE)
    host: Text | None = optional("name or address of the server, or the folder of its socket")
    user: Text = Field(default="auditor", description="login to read it with")
    password_env: Variable | None = optional("name of the environment variable that holds the password")
    tls: Literal["verify", "require", "off"] = Field(
        default="verify",
        description="`verify` the server's certificate and name; `require` encryption alone; or `off`; none on sockets",
    )
    ca: Text | None = optional("file of certificates that the server's is verified by; the system's if left out")
    path: Text | None = optional("what the queries answered, JSON lines: a file or a folder")


class PostgresAccess(DatabaseLogin):
    """PostgreSQL's roles, memberships, grants, owners and pg_hba rules."""

    kind: Literal["postgres-access"]
    port: Port = 5432
    databases: tuple[Text, ...] = several("databases to read; every one that takes connections if left out")
    database: Text = Field(default="postgres", description="the one to connect to first")


class MysqlAccess(DatabaseLogin):
    """Accounts, roles and grants of MySQL or MariaDB."""

    kind: Literal["mysql-access"]
    port: Port = 3306
    option_file: Text | None = optional("file such as ~/.my.cnf whose section [client] holds the password")

    @model_validator(mode="after")
    def _one_secret(self) -> "MysqlAccess":
        if self.option_file and self.password_env:
            raise ValueError("expected password_env or option_file, not both")
        return self


class PostgresLogs(Source):
    """PostgreSQL's own log: connections and statements."""

    FEEDS = ("activity",)

    kind: Literal["postgres-logs"]
    instance: Name = Field(description=_INSTANCE)
    path: Text = Field(description="file or folder of csvlog, jsonlog or the plain log")
    log_line_prefix: str | None = Field(
        default=None,
        min_length=1,
        description="what the server puts before each line of its plain log; the usual ones are known if left out",
    )
