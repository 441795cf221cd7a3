"""What listens at an address of AWS: databases, by the names in their endpoints."""

import re
from collections.abc import Iterator

from auditor.config.models import Config
from auditor.config.systems import AwsResource

_REGION = r"([a-z]{2}(?:-[a-z]+)+-\d)"
# `orders.c1x2.…`, `orders.cluster-c1x2.…`, `orders.cluster-ro-c1x2.…`
_DATABASE = re.compile(
    rf"([a-z][a-z0-9-]*)\.(cluster-(?:ro-|custom-)?)?[a-z0-9]+\.{_REGION}\.(?:rds|docdb|neptune)\.amazonaws\.com(?:\.cn)?"
)
_WAREHOUSE = re.compile(rf"([a-z][a-z0-9-]*)\.[a-z0-9]+\.{_REGION}\.redshift\.amazonaws\.com(?:\.cn)?")


def names_at(config: Config, host: str) -> Iterator[tuple[str, str]]:
    """The accounts that an address may be of, as it does not tell which, each with the ARN of what listens there."""
    for account in sorted({resource.account for _, resource in config.resources_of(AwsResource)}):
        if match := _DATABASE.fullmatch(host.lower()):
            kind = "cluster" if match[2] else "db"
            yield account, f"arn:aws:rds:{match[3]}:{account}:{kind}:{match[1]}"
        elif match := _WAREHOUSE.fullmatch(host.lower()):
            yield account, f"arn:aws:redshift:{match[2]}:{account}:cluster:{match[1]}"
