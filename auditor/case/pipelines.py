"""What people reach through pipelines: who can have one run becomes what it becomes by its token."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, IdentityOf
from auditor.model.groups import grouped
from auditor.model.pipelines import PipelineTrust
from auditor.providers.registry import PROVIDERS
from auditor.providers.rights import Rights, without_contained


def through_pipelines(
    config: Config, rows: Snapshots, who: IdentityOf, at: datetime, found: Sequence[Rights]
) -> Iterator[Entitlement]:
    """What everybody reaches whose pipelines become an account that has paths of its own."""
    if trusts := [trust for one in found for trust in one.pipelines]:
        runs = (run for one in PROVIDERS.values() for run in one.runs(config, rows, who, at, trusts))
        yield from _running((path for one in found for path in one.access), runs)


def _running(access: Iterable[Entitlement], runs: Iterable[tuple[PipelineTrust, Entitlement]]) -> Iterator[Entitlement]:
    """What those reach who can have a pipeline run that becomes an account.

    Args:
        access: everybody's paths, also those of the accounts.
        runs: who can have one run, by their paths into the forge.
    """
    begins = grouped((path.account, path) for path in access)
    ways = grouped(((trust.account, run.account, run.path), (trust, run)) for trust, run in runs)
    by_holder: dict[str, list[Entitlement]] = {}
    for (account, holder, _), found in ways.items():
        trust, run = min(found, key=lambda one: len((*one[0].facts, *one[1].conditions)))
        asked = (*run.conditions, *(f"only {fact}" for fact in trust.facts))
        by_holder.setdefault(holder, []).extend(_through(run, asked, path) for path in begins.get(account, ()))
    for paths in by_holder.values():
        yield from without_contained(paths)


def _through(run: Entitlement, asked: Sequence[str], path: Entitlement) -> Entitlement:
    """What somebody has by a path of the account that their pipeline becomes."""
    first, *steps = path.path[1:] if path.opened_by else path.path
    return replace(
        path,
        identity=run.identity,
        account=run.account,
        borrowed=True,
        path=(*run.path, f"runs a pipeline as {first}", *steps),
        credential=run.credential,
        expires_at=min(filter(None, (run.expires_at, path.expires_at)), default=None),
        conditions=tuple(dict.fromkeys((*asked, *path.conditions))),
        granted_at=max(filter(None, (run.granted_at, path.granted_at)), default=None),
        ticket=run.ticket or path.ticket,
        written=(*run.written, *path.written),
        # It is the trust that is too wide or the role: nobody has to leave the project for it.
        handles=(),
        opened_by=(),
        evidence=(*run.evidence, *path.evidence),
    )
