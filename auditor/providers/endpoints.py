"""Which system listens at an address: databases and machines by the names that providers give them."""

import re
from collections.abc import Iterator

from auditor.config.models import Config
from auditor.config.systems import AwsResource
from auditor.providers.systems import Systems

_REGION = r"([a-z]{2}(?:-[a-z]+)+-\d)"
# `orders.c1x2.…`, `orders.cluster-c1x2.…`, `orders.cluster-ro-c1x2.…`
_DATABASE = re.compile(
    rf"([a-z][a-z0-9-]*)\.(cluster-(?:ro-|custom-)?)?[a-z0-9]+\.{_REGION}\.(?:rds|docdb|neptune)\.amazonaws\.com(?:\.cn)?"
)
_WAREHOUSE = re.compile(rf"([a-z][a-z0-9-]*)\.[a-z0-9]+\.{_REGION}\.redshift\.amazonaws\.com(?:\.cn)?")
_MACHINE = re.compile(r"([a-z][a-z0-9-]*)(?:\.([a-z]+-[a-z]+\d-[a-z]))?\.c\.(?:([a-z0-9.-]+)\.)?([a-z0-9-]+)\.internal")


def system_at(config: Config, places: Systems, host: str) -> str | None:
    """The system of what is called so: a declared host, or a database or machine of a declared account or project.

    None where no system claims it, or, as an address does not tell its account, where several accounts could have it.
    """
    if system := places.of("ssh", host, None):
        return system
    found = {
        system for provider, scope, name in _named(config, host.lower()) if (system := places.of(provider, scope, name))
    }
    return found.pop() if len(found) == 1 else None


def _named(config: Config, host: str) -> Iterator[tuple[str, str, str]]:
    """Provider, account or project, and name of what an address may be."""
    if match := _MACHINE.fullmatch(host):
        project = f"{match[3]}:{match[4]}" if match[3] else match[4]
        yield "gcp", project, f"projects/{project}/zones/{match[2] or '-'}/instances/{match[1]}"
    accounts = {one.account for system in config.systems for one in system.resources if isinstance(one, AwsResource)}
    for account in sorted(accounts):
        if match := _DATABASE.fullmatch(host):
            kind = "cluster" if match[2] else "db"
            yield "aws", account, f"arn:aws:rds:{match[3]}:{account}:{kind}:{match[1]}"
        elif match := _WAREHOUSE.fullmatch(host):
            yield "aws", account, f"arn:aws:redshift:{match[2]}:{account}:cluster:{match[1]}"
