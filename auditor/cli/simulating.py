"""The command that judges stored evidence by a policy that is not in force."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.running import print_json, working
from auditor.cli.terminal import options
from auditor.errors import ReportError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@options.SETTINGS
@click.option(
    "--policy",
    "draft",
    type=options.File(),
    metavar="DRAFT",
    help="The draft: a whole auditor.yaml, or its `policy` and `jobs` alone, in which what is left out stays.",
)
@click.option("--from-jobs", is_flag=True, help="Instead: what each job really used, as a proposal for `jobs`.")
@click.option("--month", type=options.MONTH, metavar="YYYY-MM", help="Judge that month.  [default: --period]")
@click.option("--pack", is_flag=True, help="Also make the pack, of the month or the latest run, with it as a section.")
@options.JSON
def simulate(
    draft: Path | None, from_jobs: bool, pack: bool, month: date | None, as_json: bool, **settings: Any
) -> int:
    """Judge stored evidence by a drafted policy, beside the one in force: what would be new, what gone.

    Windows, approvers, writers, jobs, release hours, freezes and every other setting of policy can be tried. Nothing is
    recorded: a page and a PDF go into a folder of their own below the output, and all else stays as it is.

    With --from-jobs it tells which capabilities the work of each job took, by how many people and on how many days,
    what is held and was never used, and writes a draft that --policy takes.
    """
    if from_jobs is (draft is not None):
        raise UsageError("It is not said what to simulate.", do="Give --policy DRAFT, or --from-jobs.")
    if draft is None:
        return _from_jobs(month, as_json=as_json, **settings)
    from auditor import past_runs
    from auditor.cli.terminal.past import print_files
    from auditor.cli.terminal.simulation import print_simulation
    from auditor.questions.simulate import folder_of
    from auditor.questions.simulate import simulate as simulated
    from reports.simulation import simulation_json, write

    with working(settings, quiet=True) as (told, _):
        found = simulated(told, draft, month)
    if not as_json:
        print_simulation(found)
    making = partial(past_runs.pack_of, told, month, found) if pack else None
    written = write(found, folder_of(told, found), making)
    if as_json:
        files = {what: str(path) for what, path in written.files.items()}
        print_json({**simulation_json(found), "files": files, "problems": list(written.problems)})
    else:
        print_files(written)
    return ReportError.exit_status if written.problems else 0


def _from_jobs(month: date | None, *, as_json: bool, **settings: Any) -> int:
    from auditor.cli.terminal.screen import print_rows, say, say_lines
    from auditor.questions.simulate import job_use, write_jobs
    from reports.job_use import draft, job_use_json, rows, sentences

    with working(settings, quiet=True) as (told, _):
        uses = job_use(told, month)
        place = write_jobs(told, uses)
    if as_json:
        print_json({"jobs": job_use_json(uses), "files": {"draft": str(place)}})
        return 0
    heads = ("job", "used", "by", "days", "with a ticket", "proposal")
    print_rows("What each job used", heads, rows(uses))
    say_lines(sentences(uses, told.config))
    say()
    say_lines(draft(uses).splitlines())
    say()
    say(f"A draft: auditor simulate --policy {place}")
    return 0
