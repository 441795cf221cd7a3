"""What a shell may complete: names of auditor.yaml and of stored incidents. What cannot be read completes nothing."""

from datetime import UTC, datetime

import click

from auditor.errors import AuditorError


def systems(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The ids of systems that begin like this."""
    return _ids(ctx, "systems", incomplete)


def people(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The ids of people that begin like this."""
    return _ids(ctx, "people", incomplete)


def _ids(ctx: click.Context, what: str, incomplete: str) -> list[str]:
    from auditor.config import load

    try:
        known = [one.id for one in getattr(load(ctx.params.get("config") or "auditor.yaml"), what)]
    except AuditorError:
        return []
    return [name for name in known if name.startswith(incomplete)]


def systems_and_incidents(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Also incidents' tickets, the latest first."""
    from auditor.cli.running import asking
    from auditor.questions.scene import incidents

    try:
        told = asking(
            config=ctx.params.get("config") or "auditor.yaml", evidence=ctx.params.get("evidence"), at=datetime.now(UTC)
        )
        known = incidents(told)
    except AuditorError:
        known = []
    found = [name for name in known if name.casefold().startswith(incomplete.casefold())]
    return [*systems(ctx, param, incomplete), *found]
