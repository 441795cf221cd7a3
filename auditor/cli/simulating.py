"""The command that judges stored evidence by a policy that is not in force."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from auditor.cli.running import print_json, working
from auditor.cli.terminal import options
from auditor.errors import ReportError


@click.command()
@options.SETTINGS
@click.option(
    "--policy",
    "draft",
    required=True,
    metavar="DRAFT",
    help="The draft: a whole auditor.yaml, or its `policy` and `jobs` alone, in which what is left out stays.",
)
@click.option("--month", type=options.Month(), metavar="YYYY-MM", help="Judge that month.  [default: --period]")
@options.JSON
def simulate(draft: str, month: date | None, as_json: bool, **settings: Any) -> int:
    """Judge stored evidence by a drafted policy, beside the one in force: what would be new, what gone.

    Windows, approvers, writers, jobs, release hours, freezes and every other setting of policy can be tried. Nothing is
    recorded: a page and a PDF go into a folder of their own below the output, and all else stays as it is.
    """
    from auditor.cli.terminal.past import print_files
    from auditor.cli.terminal.simulation import print_simulation
    from auditor.questions.simulate import folder_of
    from auditor.questions.simulate import simulate as simulated
    from reports.simulation import simulation_json, write

    with working(settings, quiet=True) as (told, _):
        found = simulated(told, Path(draft), month)
    if not as_json:
        print_simulation(found)
    written = write(found, folder_of(told, found))
    if as_json:
        files = {what: str(path) for what, path in written.files.items()}
        print_json({**simulation_json(found), "files": files, "problems": list(written.problems)})
    else:
        print_files(written)
    return ReportError.exit_status if written.problems else 0
