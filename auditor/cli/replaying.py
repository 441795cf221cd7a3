"""The command that replays what was done without rights that are to be taken away, or under another policy."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.running import asking
from auditor.cli.showing import show_replay, show_trial
from auditor.cli.terminal import options
from auditor.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_ONE_OF = "Give one of --decisions, --finding and --plan, or --policy-document with --for."


@click.command()
@options.CONFIG
@options.EVIDENCE
@options.OUTPUT
@click.option("--decisions", is_flag=True, help="What the review decided to revoke.")
@click.option("--finding", "findings", multiple=True, metavar="FINDING", help="A finding by its number or id.")
@click.option(
    "--plan",
    metavar="FILE",
    type=options.File(),
    help="A cleanup.sh, or the decisions.json of the page.  [default: the latest run's cleanup.sh]",
)
@click.option(
    "--policy-document",
    "document",
    metavar="FILE",
    type=options.File(),
    help="Instead of a removal: this document in the place of a policy.",
)
@click.option("--for", "holder", metavar="ACCOUNT", help="Whose policy it is, such as role/ci-deploy.")
@click.option("--replaces", metavar="POLICY", help="Which one, where it has several.")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How far back to look.")
@click.option("--at", type=options.Moment(), metavar="TIME", help="The moment to look back from.  [default: now]")
@options.JSON
def replay(
    decisions: bool,
    findings: tuple[str, ...],
    plan: Path | None,
    document: Path | None,
    holder: str | None,
    replaces: str | None,
    days: int,
    as_json: bool,
    **place: Any,
) -> int:
    """Show what would have failed without rights that are to be taken away.

    Every recorded act that used exactly these rights: by whom, when, how often, through what and under which ticket.
    What another path still allows is told apart, and what the evidence cannot tell counts as not known. Exit status 0
    where nothing would have failed and all is known, else 1. It reads stored evidence only.

    `auditor replay --policy-document new.json --for role/ci-deploy` tells by action which recorded calls the policy as
    it is and the new document allow.
    """
    if [bool(findings), decisions, plan is not None, document is not None].count(True) > 1:
        raise UsageError("Several things to replay are named.", do=_ONE_OF)
    if (document is None) is not (holder is None) or (replaces and document is None):
        raise UsageError("It is not said which document is to be whose.", do=_ONE_OF)
    told, period = asking(**place), timedelta(days=days)
    if document and holder:
        return show_trial(told, (document, holder, replaces), period, as_json=as_json)
    return show_replay(told, (findings, decisions, plan), period, as_json=as_json)
