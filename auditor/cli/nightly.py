"""The commands that do the night's work, whole or in parts."""

from datetime import date
from typing import Any

import click

from auditor.cli.running import finish, working
from auditor.cli.terminal import options


@click.command()
@options.AUDIT
@options.WAIT
def run(fail_on: str | None, as_json: bool, quiet: bool, **settings: Any) -> int:
    """Collect, reconcile, report and notify: the nightly run."""
    from auditor import run as line

    with working(settings, quiet=quiet) as (told, progress):
        result = line.run(told, progress)
    return finish(result, fail_on, settings, as_json=as_json, quiet=quiet)


@click.command()
@options.SETTINGS
@options.WAIT
@options.JSON
@options.QUIET
def collect(as_json: bool, quiet: bool, **settings: Any) -> int:
    """Read the sources into the evidence store, and judge nothing."""
    from auditor import run as line

    with working(settings, quiet=quiet) as (told, progress):
        result = line.collect(told, progress)
    return finish(result, None, settings, as_json=as_json, quiet=quiet)


@click.command()
@options.AUDIT
@options.WAIT
@click.option(
    "--policy",
    metavar="OLD",
    help="Judge by another policy: the file of another auditor.yaml, or the id of a run that was judged by it.",
)
def reconcile(fail_on: str | None, as_json: bool, quiet: bool, policy: str | None, **settings: Any) -> int:
    """Judge the evidence that is stored, as of --at.

    With --policy, the same evidence is judged by people, systems, policy and exceptions of another auditor.yaml.
    Nothing of that is recorded: it goes into a folder of its own below the output, and new is what only it finds.
    """
    from auditor import run as line

    with working(settings, quiet=quiet) as (told, progress):
        result = line.reconcile_by(told, policy, progress) if policy else line.reconcile(told, progress)
    return finish(result, fail_on, settings, as_json=as_json, quiet=quiet)


@click.command()
@options.AUDIT
@click.option("--month", type=options.MONTH, metavar="YYYY-MM", help="The month's report, into a folder of its own.")
def report(fail_on: str | None, as_json: bool, quiet: bool, month: date | None, **settings: Any) -> int:
    """Write the reports again from what is stored."""
    from auditor import past_runs

    with working(settings, quiet=quiet) as (told, _):
        result = past_runs.report_month(told, month) if month else past_runs.report(told)
    return finish(result, fail_on, settings, as_json=as_json, quiet=quiet)
