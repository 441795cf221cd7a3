"""The sources of database servers, read by the login `auditor`."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from auditor.errors import SourceError


def sources(kind: str, hosts: Sequence[str], **settings: str) -> Iterator[dict[str, Any]]:
    """A server by its host, with `:port` where it is not the usual one.

    Raises:
        SourceError: what stands behind the colon is no port.
    """
    for place in hosts:
        host, _, port = place.partition(":")
        if port and not port.isdecimal():
            raise SourceError(f"{place} is no host of a database.", do="Give it as db.harbour.example or with :5432.")
        name = host.partition(".")[0]
        yield {"name": name, "kind": kind, "instance": name, "host": host, **settings} | (
            {"port": int(port)} if port else {}
        )


postgres = partial(sources, "postgres-access")
mysql = partial(sources, "mysql-access", password_env="MYSQL_PWD")  # noqa: S106 - the name of a variable
