"""The commands that ask stored evidence about the past."""

from datetime import datetime, timedelta
from typing import Any

import click

from auditor.cli.running import asking, print_json
from auditor.cli.terminal import options
from auditor.errors import ReportError, UsageError


@click.command()
@options.CONFIG
@options.EVIDENCE
@options.OUTPUT
@options.SYSTEM
@click.option(
    "--from", "from_", type=options.Moment(end=False), metavar="TIME", help="First moment, such as 02:00 or yesterday."
)
@click.option("--to", type=options.Moment(), metavar="TIME", help="End.  [default: now]")
@click.option("--last", type=options.Length(), metavar="LENGTH", help="In place of --from: so long before the end.")
@options.JSON
def incident(
    system: str, from_: datetime | None, to: datetime | None, last: timedelta | None, as_json: bool, **place: Any
) -> int:
    """Show what happened to a system: who did what, under which ticket, who else could have, what can be reversed.

    It reads stored evidence only, and leaves the review as a page and a PDF below the output folder. Times are in the
    organisation's zone where they name no other: `--from 02:00`, `--from yesterday`, `--last 2h`.
    """
    if (from_ is None) == (last is None):
        raise UsageError("It is not said when the incident began.", do="Give --from TIME, or --last LENGTH.")
    from auditor.cli.terminal.past import print_files, print_review, review_json
    from auditor.questions import past

    told = asking(at=None, **place)
    until = to or told.at
    view = past.incident(told, system, from_ or until - (last or timedelta(0)), until)
    if not as_json:
        print_review(view)
    written = past.write(told, view)
    if as_json:
        print_json(review_json(view, written))
    else:
        print_files(written)
    return ReportError.exit_status if written.problems else 0


@click.command()
@options.CONFIG
@options.EVIDENCE
@options.SYSTEM
@click.option(
    "--at", type=options.Moment(), metavar="TIME", help="The moment, such as 02:00 or yesterday.  [default: now]"
)
@options.JSON
def who(system: str, as_json: bool, **place: Any) -> None:
    """Show who had access to a system at a moment, by which path and since when.

    It is rebuilt from the snapshot before that moment and the changes of rights that the log tells since.
    """
    from auditor.cli.terminal.past import print_who
    from auditor.questions.past import who as had_access
    from reports.who import who_json, who_view

    then, named = had_access(asking(**place), system)
    if as_json:
        print_json(who_json(then, named))
    else:
        print_who(who_view(then, named), then.config.zone)
