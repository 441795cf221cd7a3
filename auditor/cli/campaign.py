"""The commands of a campaign: freeze a month's access, record what reviewers decided, see how far it is, close it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.running import print_json, user_name, working
from auditor.cli.terminal import options
from auditor.cli.terminal.program import Commands
from auditor.cli.terminal.screen import say
from reports.words import plural

if TYPE_CHECKING:
    from pathlib import Path

_MONTH = click.option(
    "--month", type=options.MONTH, metavar="MONTH", help="The campaign's month.  [default: the last that was opened]"
)


@click.group(cls=Commands)
def review() -> None:
    """Review a month's access line by line: a campaign over a frozen population."""


@review.command("open")
@options.SETTINGS
@click.option("--month", type=options.MONTH, required=True, metavar="MONTH", help="The month, such as 2026-10.")
@click.option("--due", type=options.DAY, metavar="DAY", help="The last day to decide.  [default: two weeks from now]")
def open_(month: date, due: date | None, **settings: Any) -> None:
    """Freeze who can touch what at the end of a month, and give each line to a reviewer.

    The lines are those of the month's latest run that read everything, if one did in its last week, else of its latest.
    A system's owner reviews them, and never whoever holds them: then the backup does, or an approver. The population
    lies in output/reviews/MONTH/, and its SHA-256 in the ledger.
    """
    from auditor.campaign.opening import open_campaign
    from auditor.cli.terminal.campaign import print_opened

    with working(settings, quiet=True) as (told, _):
        print_opened(open_campaign(told, month, due, user_name()), told.config)


@review.command()
@options.SETTINGS
@options.by("Who decided, where a file does not say")
@options.SIGNATURES
@click.argument("files", type=options.File(), nargs=-1, required=True, metavar="FILE…")
def decide(files: tuple[Path, ...], by: str | None, signatures: tuple[Path, ...], **settings: Any) -> None:
    """Record what reviewers decided, as the campaign's page exports it: one file of each, or several.

    Owners of a line's system and approvers decide, and nobody on their own access: what may not be decided is refused
    line by line and stays undecided, and the exit status is 3. Where two people decide differently, both stand and the
    line counts as undecided until they agree.
    """
    from auditor.campaign.deciding import decide as record

    with working(settings, quiet=True) as (told, _):
        recorded = record(told, files, by, user_name(), signatures)
    known = f"; {recorded.known:,} known already" if recorded.known else ""
    say(f"{plural(recorded.new, 'decision')} recorded in the campaign of {recorded.campaign}{known}.")
    if recorded.differing:
        lines = plural(recorded.differing, "of these lines is", "of these lines are")
        say(f"{lines} decided differently by somebody else, and undecided until they agree: `auditor review status`.")
    for one in recorded.refused:
        say(f"{one.file}: line {one.line or '?'} refused: {one.reason}", error=True)
    if recorded.refused:
        raise SystemExit(3)


@review.command()
@options.SETTINGS
@_MONTH
@options.JSON
def status(month: date | None, as_json: bool, **settings: Any) -> None:
    """Show how far a campaign is, what was not seen, what changed since, and whether what was revoked is gone."""
    import msgspec

    from auditor.campaign.kept import load
    from auditor.campaign.standing import standing
    from auditor.cli.terminal.campaign import print_standing

    with working(settings, quiet=True) as (told, _):
        kept = load(told, _name(month))
        found = standing(told, kept)
        if as_json:
            print_json(
                {
                    **msgspec.to_builtins(found, order="deterministic"),
                    "undecided": found.undecided,
                    "left_open": found.left_open,
                }
            )
        else:
            print_standing(found, kept.population, told.config)


@review.command()
@options.SETTINGS
@_MONTH
def script(month: date | None, **settings: Any) -> None:
    """Write cleanup and undo scripts for the lines decided to be revoked so far; run nothing.

    A campaign need not be closed for it, and closing it writes them too. Whether what was revoked is gone, the next
    runs tell: `auditor review status`, and once it is closed its proof.jsonl.
    """
    from auditor.campaign.enforcing import write_script
    from auditor.campaign.kept import load
    from auditor.campaign.standing import standing

    with working(settings, quiet=True) as (told, _):
        kept = load(told, _name(month))
        made = write_script(told, kept, standing(told, kept))
    say(str(made) if made else "No line that was decided to be revoked stands any more, or none was.")


@review.command()
@options.SETTINGS
@_MONTH
@options.by("Who closes it", required=True)
@click.option("--despite", default="", metavar="REASON", help="Close it with something left open; by an approver only.")
@options.SIGNATURES
def close(month: date | None, by: str, despite: str, signatures: tuple[Path, ...], **settings: Any) -> None:
    """Close a campaign: write its record, and the cleanup script for what is to be revoked.

    It refuses while a source could not be read or a line is undecided, unless an approver says why: --despite stands in
    the record. Whether what was revoked is gone, the next runs tell: `auditor review status`.
    """
    from auditor.campaign.closing import close as closed

    with working(settings, quiet=True) as (told, _):
        done = closed(told, _name(month), by, despite.strip(), user_name(), signatures)
    counts = ", ".join(f"{count:,} {verdict}" for verdict, count in done.record.verdicts.items())
    say(f"The campaign of {done.record.campaign} is closed: {counts}.")
    for one in done.record.left_open:
        say(f"Left open: {one}.")
    say(str(done.place))
    if done.script:
        say(str(done.script))


def _name(month: date | None) -> str | None:
    return f"{month:%Y-%m}" if month else None
