"""Everybody's paths to every system, from one set of snapshot rows, whichever provider they are of."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from auditor.case.grant_events import linked
from auditor.config.models import AwsResource, Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, ForeignTrust, Identity, Unresolved
from auditor.model.tables import Credential
from auditor.providers.aws.rights import aws_access
from auditor.providers.gitlab.rights import gitlab_access
from auditor.providers.google.rights import google_access
from auditor.providers.ssh.rights import ssh_access


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Who reaches what, and what could not be told; `writing_roles` as `Case` has them."""

    access: tuple[Entitlement, ...]
    foreign_trusts: tuple[ForeignTrust, ...]
    writing_roles: frozenset[tuple[str, str | None]]
    unresolved: tuple[Unresolved, ...]


def rights(config: Config, rows: Snapshots, who: Callable[[str], Identity], at: datetime) -> Rights:
    """The rights that snapshot rows come to at a moment; `who` gives the identity behind an account."""
    aws = aws_access(config, rows, who, at)
    gcp = google_access(config, rows, who, at)
    ssh = ssh_access(config, rows, who, at)
    gitlab = gitlab_access(config, rows, who, at)
    own = [trust for trust in aws.foreign_trusts if not _declared(config, trust.principal)]
    return Rights(
        access=tuple(_with_tickets(config, [*aws.access, *gcp.access, *ssh, *gitlab], rows.credentials)),
        foreign_trusts=(*own, *gcp.foreign_trusts),
        writing_roles=aws.writing_roles,
        unresolved=(*aws.unresolved, *gcp.unresolved),
    )


def _with_tickets(
    config: Config, access: Iterable[Entitlement], credentials: Iterable[Credential]
) -> list[Entitlement]:
    """Each path with the ticket that is written on it: in a policy's name or in the comment of its key."""
    pattern = re.compile(config.policy.ticket_pattern)
    comments = {(row.credential, row.account): row.comment for row in credentials}
    return [
        replace(path, ticket=ticket) if (ticket := next(linked(pattern, _texts(path, comments)), None)) else path
        for path in access
    ]


def _texts(path: Entitlement, comments: dict[tuple[str, str], str | None]) -> list[str | None]:
    return [*path.path, comments.get((path.credential or "", path.account))]


def _declared(config: Config, principal: str) -> bool:
    """Whether a principal belongs to an AWS account that the configuration names."""
    own = {r.account for s in config.systems for r in s.resources if isinstance(r, AwsResource)}
    own |= {account for source in config.sources if (account := getattr(source, "account", None))}
    number = principal.split(":")[4] if principal.startswith("arn:") else principal
    return number in own
