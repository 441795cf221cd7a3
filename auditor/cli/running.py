"""What the commands share: a run's options from the command line, and how its end is told."""

from __future__ import annotations

import contextlib
import os
import pwd
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.terminal.screen import say
from auditor.model.vocabulary import Report, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.options import Progress, RunOptions, RunResult


@contextlib.contextmanager
def working(settings: dict[str, Any], *, quiet: bool) -> Iterator[tuple[RunOptions, Progress]]:
    """The options of a run, or of a question about the latest one, with logging and progress set up."""
    from auditor.cli.terminal import log, screen

    log.set_up(click.get_current_context().obj)
    told = _run_options(**settings)
    with screen.progress(quiet=quiet) as progress:
        yield told, progress


def asking(output: str | None = None, **place: Any) -> RunOptions:
    """The options of a question about the past: nothing is read in parallel."""
    return _run_options(output=output, **place)


def _run_options(
    config: str,
    evidence: str | None,
    output: str | None,
    at: datetime | None = None,
    period: timedelta = timedelta(0),
    workers: int = 1,
    reports: tuple[Report, ...] | None = None,
    wait: timedelta | None = None,
) -> RunOptions:
    from pathlib import Path

    from auditor.config import load
    from auditor.options import RunOptions

    loaded = load(config)
    return RunOptions(
        config=loaded,
        at=at or datetime.now(UTC),
        period=period,
        evidence=evidence or _below(loaded.base, loaded.evidence),
        output=Path(output or _below(loaded.base, loaded.output)),
        workers=workers,
        reports=reports,
        wait=wait or timedelta(),
        current=at is None,
    )


def store_of(config: str) -> str:
    """The evidence store that a configuration names."""
    from auditor.config import load

    loaded = load(config)
    return _below(loaded.base, loaded.evidence)


def output_of(config: str) -> Path:
    """The output folder that a configuration names."""
    from pathlib import Path

    from auditor.config import load

    loaded = load(config)
    return Path(_below(loaded.base, loaded.output))


def user_name() -> str:
    """The operating system's user that the program runs as."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _below(base: Path, place: str) -> str:
    """A place that the configuration names: a URL as it is, a path from the configuration's folder."""
    return place if "://" in place else str(base / place)


def finish(result: RunResult, fail_on: str | None, place: Mapping[str, Any], *, as_json: bool, quiet: bool) -> int:
    """Print what a run came to, and give the status to exit with; `place` has its options, for the command after it."""
    from auditor.cli.terminal.listing import print_summary
    from auditor.cli.terminal.summary import summarise

    summary = summarise(result, Severity(fail_on) if fail_on else None)
    if as_json:
        print_json(summary.as_json())
    elif not quiet:
        print_summary(summary, place)
    for problem in summary.undone:
        say(problem, error=True)
    return summary.exit_status


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


@contextlib.contextmanager
def beside(work: Callable[[], object]) -> Iterator[None]:
    """Work that is done while what is inside waits for DuckDB, and is over with it."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()
