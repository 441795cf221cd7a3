"""The commands that ask stored evidence about the past, and whether a release may begin."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.running import asking, beside, print_json
from auditor.cli.showing import prepare_review, show_review
from auditor.cli.terminal import completed, options
from auditor.cli.terminal.screen import say_lines
from auditor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.options import RunOptions


@click.command()
@click.argument("what", required=False, metavar="[SYSTEM|TICKET]", shell_complete=completed.systems_and_incidents)
@options.CONFIG
@options.EVIDENCE
@options.OUTPUT
@click.option(
    "--system",
    metavar="NAME",
    shell_complete=completed.systems,
    help="The system: its id, name or alias. Beside a ticket, which of its systems.",
)
@click.option(
    "--from", "from_", type=options.Moment(end=False), metavar="TIME", help="First moment, such as 02:00 or yesterday."
)
@click.option("--to", type=options.End(), metavar="TIME", help="End.  [default: the ticket's, or now]")
@click.option("--last", type=options.Length(), metavar="LENGTH", help="In place of --from: so long before the end.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["terminal", "markdown", "html", "json"]),
    default="terminal",
    show_default=True,
    help="What to print; Markdown and HTML are printed alone, and no file is written.",
)
@options.JSON
def incident(
    what: str | None,
    system: str | None,
    from_: datetime | None,
    to: Callable[[datetime | None], datetime] | None,
    last: timedelta | None,
    format_: str,
    as_json: bool,
    **place: Any,
) -> int:
    """Show what happened to a system: who did what, under which ticket, who else could have, what can be reversed.

    `auditor incident checkout --last 2h`, or a ticket: `auditor incident INC-40` takes system and times from it, an
    incident's from an hour before it was opened, and until now where it is open. It reads stored evidence only, and
    leaves the review as a page, a PDF and Markdown below the output folder. Times are in the organisation's zone where
    they name no other: `--from 02:00`, `--from yesterday`.
    """
    if (from_ and last) or (what is None and not (from_ or last)):
        raise UsageError("It is not said when the incident began.", do="Give --from TIME, or --last LENGTH.")
    from auditor.questions import past
    from auditor.questions.times import Times

    told = asking(at=None, **place)
    times = Times(from_, to and to(from_), last)
    with beside(partial(prepare_review, told.config, format_)):
        review = past.incident(told, what, times, system)
    return show_review(told, review, "json" if as_json else format_)


@click.command()
@click.argument("what", required=False, metavar="[SYSTEM]", shell_complete=completed.systems)
@options.CONFIG
@options.EVIDENCE
@click.option("--system", metavar="NAME", shell_complete=completed.systems, help="The system, in place of [SYSTEM].")
@click.option(
    "--at", type=options.Moment(), metavar="TIME", help="The moment, such as 02:00 or yesterday.  [default: now]"
)
@options.JSON
def who(what: str | None, system: str | None, as_json: bool, **place: Any) -> None:
    """Show who had access to a system at a moment, by which path and since when.

    It is rebuilt from the snapshot before that moment and the changes of rights that the log tells since.
    """
    asked = what or system
    if asked is None:
        raise UsageError("It is not said which system is meant.", do="Name it: `auditor who checkout`.")
    from auditor.questions.past import who as had_access

    then, named = had_access(asking(**place), asked)
    from auditor.cli.terminal.past import print_who
    from reports.who import who_json, who_view

    if as_json:
        print_json(who_json(then, named))
    else:
        print_who(who_view(then, named), then.config.zone)


@click.command()
@click.argument("system", metavar="SYSTEM", shell_complete=completed.systems)
@options.CONFIG
@options.EVIDENCE
@options.OUTPUT
@click.option("--ticket", metavar="ID", help="The release's ticket.  [default: the only open change of the system]")
@click.option(
    "--present",
    multiple=True,
    metavar="PERSON",
    help="Somebody who is there in the next hour, where on_duty does not say so: id or e-mail.",
)
@click.option("--at", type=options.Moment(), metavar="TIME", help="The moment.  [default: now]")
@options.JSON
def ready(system: str, ticket: str | None, present: tuple[str, ...], as_json: bool, **place: Any) -> int:
    """Show whether a system is ready for a release: exit status 0 where it is, 1 where it is not or cannot be told.

    Who can deploy and who is on duty, logs, the rollback drill, the release's note with its stop point, both owners in
    the next hour, release hours, and findings that speak against it; each is ready, not ready, or not known. The last
    line is for the release's ticket. It reads stored evidence only.
    """
    from auditor.cli.terminal.past import print_ready
    from auditor.questions.ready import ready as asked
    from reports.ready import Answer, ready_json

    told = asking(**place)
    found = asked(told, system, ticket, present)
    if as_json:
        print_json(ready_json(found, told.config.zone))
    else:
        print_ready(found, told.config.zone)
    return 0 if found.answer is Answer.READY else 1


@click.command()
@click.argument("what", required=False, metavar="[PERSON|ROLE|SYSTEM]")
@options.CONFIG
@options.EVIDENCE
@options.OUTPUT
@click.option(
    "--days", type=click.IntRange(1, 3660), default=90, show_default=True, help="How many days back work is looked at."
)
@click.option(
    "--until",
    type=options.End(),
    metavar="TIME",
    help="When rights end that are not to stand.  [default: as long as `max_grant` of the policy]",
)
@click.option("--at", type=options.Moment(), metavar="TIME", help="The moment.  [default: now]")
@options.JSON
def fit(what: str | None, days: int, until: Callable[[datetime], datetime] | None, as_json: bool, **place: Any) -> None:
    """Write the smallest rights that somebody's work needed, next to what they hold.

    What was done in the last 90 days becomes a policy, a role, a membership, a login or a grant, with an end for what
    is not to stand by somebody's job; with what evidence cannot see, for people to add. The files are below the output
    folder: people apply them, the auditor never does.

    Without a name: how long each kind of work really took, as a proposal for `policy.windows`, and a ready request,
    with the grant that fits, for work that comes every week under a ticket.
    """
    if what is None:
        _fit_windows(asking(period=timedelta(days=days), **place), as_json=as_json)
        return
    from auditor.questions import fit as question
    from reports.fit import fit_json, lines

    told = asking(period=timedelta(days=days), **place)
    ends = until and until(told.at)
    if ends and ends <= told.at:
        raise UsageError("The end lies before the moment that was asked about.", do="Give a later --until.")
    found = question.write(told, question.fit(told, what, ends))
    if as_json:
        print_json(fit_json(found))
    else:
        say_lines(lines(found, told.config.zone))


def _fit_windows(told: RunOptions, *, as_json: bool) -> None:
    """Windows that fit, and what comes every week."""
    from auditor.cli.terminal.screen import print_rows
    from auditor.questions import windows as question
    from reports.windows import HEADS, lines, rows, windows_json

    found = question.write(told, question.windows(told))
    if as_json:
        print_json(windows_json(found))
    else:
        print_rows(f"How long work took since {found.since} ({found.days} days)", HEADS, rows(found))
        say_lines(lines(found))
