"""How answers about the past are put out: on the screen, with files beside it, or alone in one format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from auditor.cli.running import print_json
from auditor.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta
    from pathlib import Path

    from auditor.config.models import Config
    from auditor.options import RunOptions
    from reports.incident import Review


def prepare_review(config: Config, format_: str) -> None:
    """Load what prints a review alone."""
    if format_ in ("markdown", "html"):
        from reports.incident_pages import prepare

        prepare(config, format_)


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


def show_replay(
    told: RunOptions, chosen: tuple[Sequence[str], bool, Path | None], period: timedelta, *, as_json: bool
) -> int:
    """Print what would have failed without what is chosen: findings, decisions or a plan; the status to exit with."""
    from auditor.cli.terminal.replay import print_replay
    from auditor.questions.replay import Chosen, replay
    from reports.replay import replay_json

    findings, decisions, plan = chosen
    found, view = replay(told, Chosen(findings=findings, decisions=decisions, plan=plan), period)
    print_json(replay_json(found, view)) if as_json else print_replay(view)
    return 0 if view.harmless else 1


def show_trial(told: RunOptions, proposed: tuple[Path, str, str | None], period: timedelta, *, as_json: bool) -> int:
    """Print what a document would do to a holder's calls: the file, whose it is and which policy it replaces."""
    from auditor.case.trial import Proposed
    from auditor.cli.terminal.replay import print_trial
    from auditor.questions.replay import document, try_policy
    from reports.trial import trial_json

    file, holder, replaces = proposed
    found, view = try_policy(told, Proposed(holder=holder, text=document(file), replaces=replaces), period)
    print_json(trial_json(found, view)) if as_json else print_trial(view)
    return 0 if view.harmless else 1
