"""From stored evidence to the case: the one place where evidence, digest and resolution meet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from auditor.config.models import AwsResource, Config
from auditor.digest.digest import Digester
from auditor.digest.engine import DuckDB
from auditor.digest.limits import Limits
from auditor.digest.results import Digest
from auditor.evidence.store import Store
from auditor.model.arrow import TIME
from auditor.model.tables import Activity, Credential, Ticket
from auditor.resolve.aws.rights import aws_access
from auditor.resolve.case import Case, Unresolved
from auditor.resolve.coverage import coverage, failed_sources, known_until, unseen_systems
from auditor.resolve.gcp.projects import project_numbers, with_ids
from auditor.resolve.gcp.rights import gcp_access
from auditor.resolve.gitlab_rights import gitlab_access
from auditor.resolve.given import grants, linked
from auditor.resolve.people import Callers, People
from auditor.resolve.snapshots import snapshots
from auditor.resolve.ssh_rights import ssh_access
from auditor.resolve.systems import Systems
from auditor.resolve.types import Access, Window
from auditor.resolve.windows import ticket_refs

# A session is attributed by the role assumption that opened it, at most this long before.
LONGEST_SESSION = timedelta(hours=36)

_ACTORS = pa.schema({"caller": pa.int64(), "person": pa.string(), "actor_class": pa.string(), "account": pa.string()})
_PLACED = pa.schema({name: pa.string() for name in ("provider", "scope", "resource", "system")})
_WINDOWS = pa.schema(
    {"person": pa.string(), "system": pa.string(), "starts_at": TIME, "ends_at": TIME, "write": pa.bool_()}
)


def build_case(store: Store, config: Config, at: datetime, period: timedelta) -> Case:
    """Everything that rules look at, from the evidence stored until `at`.

    Args:
        store: the evidence.
        config: the configuration; only sources that it names are read.
        at: the time of the audit, UTC.
        period: how far back from it activity is looked at.
    """
    rows = snapshots(store, config, at)
    config = with_ids(config, project_numbers(rows.policies))
    people, systems = People(config, rows.accounts, rows.credentials), Systems(config)
    refs = ticket_refs(rows.tickets, people, systems, config.policy, at)
    windows = [window for ref in refs for window in ref.windows]
    aws = aws_access(
        config, rows.accounts, rows.memberships, rows.policies, rows.grants, rows.credentials, people.who, at
    )
    gcp = gcp_access(
        config, rows.accounts, rows.memberships, rows.policies, rows.grants, rows.credentials, people.who, at
    )
    ssh = ssh_access(config, rows.credentials, rows.grants, people.who, at)
    gitlab = gitlab_access(
        config, rows.accounts, rows.memberships, rows.policies, rows.grants, rows.credentials, people.who, at
    )
    digest = _digest(store, _limits(config, at, period), people, systems, windows)
    return Case(
        config=config,
        at=at,
        period_from=at - period,
        accounts=rows.accounts,
        credentials=rows.credentials,
        tickets=rows.tickets,
        access=_with_tickets(config, [*aws.access, *gcp.access, *ssh, *gitlab], rows.credentials),
        foreign_trusts=[
            *(trust for trust in aws.foreign_trusts if not _declared(config, trust.principal)),
            *gcp.foreign_trusts,
        ],
        writing_roles=aws.writing_roles,
        windows=windows,
        refs={ref.ticket: ref for ref in refs},
        grants=grants(config, digest.deeds, rows.accounts, people.who, rows.policies),
        episodes=digest.episodes,
        deeds=digest.deeds,
        turns=digest.turns,
        uses={use.name: use for use in digest.uses},
        silences=digest.silences,
        heard=digest.heard,
        tickets_until=known_until(store, config, at, Ticket.TABLE),
        coverage=coverage(store, config, at - period, at),
        unseen_systems=unseen_systems(config, rows.accounts, rows.grants, rows.policies),
        failed=failed_sources(store, config, at),
        unresolved=[*aws.unresolved, *gcp.unresolved, *_left_out(digest)],
    )


def _limits(config: Config, at: datetime, period: timedelta) -> Limits:
    policy = config.policy
    return Limits(
        period_from=at - period,
        period_to=at,
        session_gap=policy.session_gap,
        tolerance=policy.overlap_tolerance,
        max_silence=policy.max_log_silence,
    )


def _digest(store: Store, limits: Limits, people: People, systems: Systems, windows: Sequence[Window]) -> Digest:
    """Digest the period's activity: say who the callers are, then which systems they touched."""
    parts = store.scan(Activity, limits.period_from - LONGEST_SESSION, limits.period_to)
    with closing(store.connect()) as connection:
        digester = Digester(DuckDB(connection), parts, limits)
        who = Callers(people, digester.callers(), digester.issues()).resolve()
        actors = _table(
            _ACTORS,
            (
                {"caller": caller, "person": i.person, "actor_class": str(i.actor_class), "account": i.account}
                for caller, i in who.items()
            ),
        )
        touched = digester.touched(actors)
        placed = (
            {"provider": t.provider, "scope": t.scope, "resource": t.resource, "system": system}
            for t in touched
            if (system := systems.of(t.provider, t.scope, t.resource))
        )
        return digester.digest(actors, _table(_PLACED, placed), _table(_WINDOWS, map(_window, windows)))


def _left_out(digest: Digest) -> list[Unresolved]:
    """Acts beyond what the digest keeps one by one of a day: too many to judge each."""
    if not digest.deeds_left_out:
        return []
    reason = f"{digest.deeds_left_out:,} acts of a kind that is judged one by one were too many for one day"
    return [Unresolved(subject="grants and changes to the audit trail", reason=reason, tables=(Activity.TABLE,))]


def _window(window: Window) -> dict[str, Any]:
    return {
        "person": window.person,
        "system": window.system,
        "starts_at": window.starts_at,
        "ends_at": window.ends_at,
        "write": window.level.changes,
    }


def _table(schema: pa.Schema, rows: Iterable[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema)


def _with_tickets(config: Config, access: Iterable[Access], credentials: Iterable[Credential]) -> list[Access]:
    """Each path with the ticket that is written on it: in a policy's name or in the comment of its key."""
    pattern = re.compile(config.policy.ticket_pattern)
    comments = {(row.credential, row.account): row.comment for row in credentials}
    return [
        replace(path, ticket=ticket) if (ticket := next(linked(pattern, _texts(path, comments)), None)) else path
        for path in access
    ]


def _texts(path: Access, comments: dict[tuple[str, str], str | None]) -> list[str | None]:
    return [*path.path, comments.get((path.credential or "", path.account))]


def _declared(config: Config, principal: str) -> bool:
    """Whether a principal belongs to an AWS account that the configuration names."""
    own = {r.account for s in config.systems for r in s.resources if isinstance(r, AwsResource)}
    own |= {account for source in config.sources if (account := getattr(source, "account", None))}
    number = principal.split(":")[4] if principal.startswith("arn:") else principal
    return number in own
