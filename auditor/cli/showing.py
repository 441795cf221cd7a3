"""How an incident review is put out: on the screen with files beside it, or alone in one format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from auditor.cli.running import print_json
from auditor.errors import ReportError

if TYPE_CHECKING:
    from auditor.options import RunOptions
    from reports.incident import Review


def show_review(told: RunOptions, view: Review, format_: str) -> int:
    """Print the review, and write its files where it is printed for people or as JSON; the status to exit with."""
    if format_ in ("markdown", "html"):
        from reports.incident_pages import render, render_markdown

        click.echo(render_markdown(view) if format_ == "markdown" else render(view), nl=False)
        return 0
    from auditor.cli.terminal.past import print_files, print_review, review_json
    from auditor.questions import past

    if format_ == "terminal":
        print_review(view)  # before the files: those take seconds
    written = past.write(told, view)
    if format_ == "json":
        print_json(review_json(view, written))
    else:
        print_files(written)
    return ReportError.exit_status if written.problems else 0
