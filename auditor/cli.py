"""The command line: parses, calls, prints and exits. What a command needs is imported when it is called."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import auditor
from auditor.errors import ReportError, StoreError, UsageError
from auditor.model.vocabulary import Severity
from auditor.terminal import options
from auditor.terminal.program import Commands, start
from auditor.terminal.screen import say, say_lines
from reports.words import plural

if TYPE_CHECKING:
    from auditor.job import Progress, RunOptions, RunResult

_EPILOG = (
    "Exit status: 0 done; 1 findings at or above --fail-on, whether or not something was missing; 2 bad configuration "
    "or usage; 3 done, but incomplete; 4 another run holds the lock; 70 a mistake in the auditor; 130 interrupted."
)


@click.group(
    cls=Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(auditor.__version__, prog_name="auditor")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    help="What to log to stderr.  [default: warning on a terminal, else info]",
)
@click.pass_context
def cli(context: click.Context, log_level: str | None) -> None:
    """Audit who can, who did and who was allowed to touch production.

    It reads and never changes anything; people run the cleanup script that it writes.
    """
    context.obj = log_level or ("warning" if sys.stderr.isatty() else "info")


@cli.command()
@options.SETTINGS
@options.FAIL_ON
@options.JSON
@options.QUIET
def run(fail_on: str | None, as_json: bool, quiet: bool, **settings: Any) -> int:
    """Collect, reconcile, report and notify: the nightly run."""
    from auditor import run as line

    with _working(settings, quiet=quiet) as (told, progress):
        result = line.run(told, progress)
    return _finish(result, fail_on, as_json=as_json, quiet=quiet)


@cli.command()
@options.SETTINGS
@options.JSON
@options.QUIET
def collect(as_json: bool, quiet: bool, **settings: Any) -> int:
    """Read the sources into the evidence store, and judge nothing."""
    from auditor import run as line

    with _working(settings, quiet=quiet) as (told, progress):
        result = line.collect(told, progress)
    return _finish(result, None, as_json=as_json, quiet=quiet)


@cli.command()
@options.SETTINGS
@options.FAIL_ON
@options.JSON
@options.QUIET
def reconcile(fail_on: str | None, as_json: bool, quiet: bool, **settings: Any) -> int:
    """Judge the evidence that is stored, as of --at."""
    from auditor import run as line

    with _working(settings, quiet=quiet) as (told, progress):
        result = line.reconcile(told, progress)
    return _finish(result, fail_on, as_json=as_json, quiet=quiet)


@cli.command()
@options.SETTINGS
@options.FAIL_ON
@options.JSON
@options.QUIET
@click.option("--month", type=options.Month(), metavar="YYYY-MM", help="The month's report, into a folder of its own.")
def report(fail_on: str | None, as_json: bool, quiet: bool, month: date | None, **settings: Any) -> int:
    """Write the reports again from what is stored."""
    from auditor import run as line

    with _working(settings, quiet=quiet) as (told, _):
        result = line.report_month(told, month) if month else line.report(told)
    return _finish(result, fail_on, as_json=as_json, quiet=quiet)


@cli.command()
@options.SETTINGS
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "ocsf", "oscal", "sarif"]),
    required=True,
    help="What to write.",
)
@click.option("--to", metavar="FILE", help="Where to write it.  [default: stdout]")
def export(form: str, to: str | None, **settings: Any) -> None:
    """Write the latest run's findings for another program."""
    from auditor.job import LATEST
    from reports import findings_json
    from reports.exports import FORMATS
    from reports.files import write_private

    with _working(settings, quiet=True) as (told, _):
        content = FORMATS[form](findings_json.read(told.output / LATEST / "findings.json"))
        if to:
            write_private(Path(to), content)
        else:
            click.echo(content, nl=False)


@cli.command()
@options.SETTINGS
@options.JSON
def trend(as_json: bool, **settings: Any) -> None:
    """Show every run in numbers, and how many people could change production."""
    from auditor.job import LEDGER
    from auditor.ledger import Ledger
    from auditor.terminal.screen import print_trend
    from reports.trend import trend_rows

    with _working(settings, quiet=True) as (told, _):
        with Ledger(told.output / LEDGER) as ledger:
            rows = trend_rows(ledger.history())
        _print_json(rows) if as_json else print_trend(rows)


@cli.command()
@options.SETTINGS
@click.option("--by", required=True, metavar="PERSON", help="Who decided: id or e-mail of a person on the roster.")
@click.argument("decisions", metavar="DECISIONS.JSON")
def decide(decisions: str, by: str, **settings: Any) -> None:
    """Record the review's decisions, as the page exports them.

    Exceptions hold from the next run on, until their last day; `auditor revoke --decisions` writes the script for what
    is to be revoked. Nobody decides on their own access.
    """
    from auditor.decide import decide as record

    with _working(settings, quiet=True) as (told, _):
        recorded = record(told, Path(decisions), by)
    counts = Counter(decision.decision for decision in recorded)
    said = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(counts.items()))
    say(f"{plural(len(recorded), 'decision')} recorded: {said}.")


@cli.command()
@options.SETTINGS
@click.option("--to", "folder", default="cleanup", show_default=True, metavar="DIR", help="Folder for the scripts.")
@click.option("--decisions", is_flag=True, help="For what the review decided to revoke.")
@click.option("--delete", is_flag=True, help="For credentials that cleanup scripts deactivated long enough ago.")
@options.AFTER
@click.argument("findings", nargs=-1, metavar="[FINDING…]")
def revoke(
    findings: tuple[str, ...], folder: str, decisions: bool, delete: bool, after: timedelta, **settings: Any
) -> None:
    """Write cleanup and undo scripts for chosen findings; run nothing.

    With --delete: a script that deletes what was deactivated, which cannot be undone.
    """
    from auditor import decide as review
    from auditor import run as line

    if [bool(findings), decisions, delete].count(True) != 1:
        raise UsageError(
            "It is not said what to revoke.", do="Name findings by their ids, or give --decisions or --delete."
        )
    with _working(settings, quiet=True) as (told, _):
        if delete:
            scripts = [line.delete(told, after, Path(folder))]
        else:
            scripts = line.revoke(told, findings or review.to_revoke(told), Path(folder))
    for script in scripts:
        say(str(script))


@cli.command()
@options.SETTINGS
@click.argument("finding")
def explain(finding: str, **settings: Any) -> None:
    """Show how a finding came about, back to the raw records."""
    from auditor.explain import explain as explained
    from auditor.terminal.screen import print_explanation

    with _working(settings, quiet=True) as (told, _):
        print_explanation(explained(told, finding))


@cli.command()
@options.CONFIG
@options.EVIDENCE
@options.OUTPUT
@options.SYSTEM
@click.option(
    "--from", "from_", type=options.Moment(), required=True, metavar="TIME", help="First moment, with its offset."
)
@click.option("--to", type=options.Moment(), metavar="TIME", help="End, with its offset.  [default: now]")
@options.JSON
def incident(system: str, from_: datetime, to: datetime | None, as_json: bool, **place: Any) -> int:
    """Show what happened to a system: who did what, under which ticket, who else could have, what can be reversed.

    It reads stored evidence only, and leaves the review as a page and a PDF below the output folder.
    """
    from auditor import past
    from auditor.terminal.past import print_files, print_review, review_json

    told = _asking(at=None, **place)
    view = past.incident(told, system, from_, to or told.at)
    if not as_json:
        print_review(view)
    written = past.write(told, view)
    if as_json:
        _print_json(review_json(view, written))
    else:
        print_files(written)
    return ReportError.exit_status if written.problems else 0


@cli.command()
@options.CONFIG
@options.EVIDENCE
@options.SYSTEM
@click.option("--at", type=options.Moment(), metavar="TIME", help="The moment, with its offset.  [default: now]")
@options.JSON
def who(system: str, as_json: bool, **place: Any) -> None:
    """Show who had access to a system at a moment, by which path and since when.

    It is rebuilt from the snapshot before that moment and the changes of rights that the log tells since.
    """
    from auditor.past import who as had_access
    from auditor.terminal.past import print_who
    from reports.who import who_json, who_view

    then, named = had_access(_asking(**place), system)
    if as_json:
        _print_json(who_json(then, named))
    else:
        print_who(who_view(then, named))


@cli.command()
@options.JSON
@click.option("--markdown", is_flag=True, help="A Markdown table.")
def rules(as_json: bool, markdown: bool) -> None:
    """List the rules, with severity and controls."""
    from auditor.rules.registry import RULES
    from auditor.terminal.catalogue import rules_json, rules_markdown
    from auditor.terminal.screen import print_rules

    if as_json and markdown:
        raise UsageError("--json and --markdown cannot both be had.", do="Choose one of them.")
    if as_json:
        _print_json(rules_json(RULES))
    elif markdown:
        say_lines(rules_markdown(RULES))
    else:
        print_rules(RULES)


@cli.command()
@options.CONFIG
@options.EVIDENCE
@options.JSON
def verify(config: str, evidence: str | None, as_json: bool) -> int:
    """Check that the stored evidence is still what was stored."""
    from auditor.evidence.store import Store

    store = Store(evidence or _place(config))
    problems = list(store.verify())
    if as_json:
        found = [{"path": p.path, "kind": p.kind, "sentence": p.sentence} for p in problems]
        _print_json({"store": store.name, "sound": not problems, "problems": found})
    elif problems:
        say_lines(problem.sentence for problem in problems)
    else:
        say(f"{store.name} is sound: {plural(len(store.manifests()), 'run')}.")
    return StoreError.exit_status if problems else 0


@cli.command()
@click.argument("family", type=click.Choice(["aws", "gcp", "gitlab", "github", "jira", "ssh"]))
def permissions(family: str) -> None:
    """Print the least rights that reading a family of sources needs.

    To stdout what can be pasted: a policy, a role, lines for sudoers, or a list; to stderr what to do with it.
    """
    from collectors.permissions import rights

    found = rights(family)
    click.echo(found.text)
    say(found.how, error=True)


@cli.command()
@click.argument("of", type=click.Choice(("config", "findings", "access", "stories")), default="config")
def schema(of: str) -> None:
    """Print a JSON Schema: of auditor.yaml, or of a file that runs leave for other programs.

    Save that of the configuration as auditor.schema.json beside auditor.yaml, whose first line `# yaml-language-server:
    $schema=./auditor.schema.json` makes editors check and complete it.
    """
    if of == "config":
        from auditor.config import json_schema

        _print_json(json_schema())
        return
    from reports.schemas import SCHEMAS

    _print_json(SCHEMAS[of]())


@cli.command()
@click.option(
    "--gitlab-template",
    "template",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="The issue template for access requests; printed, or written to FILE.",
)
def init(template: str | None) -> None:
    """Make what a team starts with.

    The template belongs into .gitlab/issue_templates/ of the project whose issues are the team's tickets.
    """
    from auditor.terminal.starting import gitlab_template, write_new

    if template is None:
        raise UsageError("There is nothing to make.", do="Say what: `auditor init --gitlab-template`.")
    if template == "-":
        click.echo(gitlab_template(), nl=False)
    else:
        write_new(Path(template), gitlab_template())
        say(template)


@cli.command()
@click.option("--output", metavar="DIR", help="Folder for everything it makes.  [default: demo-company]")
@click.option("--keep", is_flag=True, help="Leave the company's servers running until interrupted.")
@options.QUIET
@click.pass_context
def demo(context: click.Context, output: str | None, keep: bool, quiet: bool) -> int:
    """Audit a small invented company; no account is needed.

    Its servers run on this machine and speak the providers' protocols; the audit is the same one as at night. In a
    folder that an earlier demo made, the next night follows.
    """
    from auditor.demo.main import run_demo, until_interrupted
    from auditor.terminal import log, screen

    log.set_up(context.obj)
    with screen.progress(quiet=quiet) as progress:
        result = run_demo(Path(output) if output else None, keep=keep, progress=progress)
    status = _finish(result, None, as_json=False, quiet=quiet)
    if keep:
        say("The company's servers run until you press Ctrl-C.", error=True)
        until_interrupted()
    return status


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the shell's completion script.

    For bash: `eval "$(auditor completion bash)"` in ~/.bashrc; for zsh likewise in ~/.zshrc; for fish: `auditor
    completion fish > ~/.config/fish/completions/auditor.fish`.
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise UsageError(f"No completion is known for {shell}.")
    click.echo(found(cli, {}, "auditor", "_AUDITOR_COMPLETE").source())


@contextlib.contextmanager
def _working(settings: dict[str, Any], *, quiet: bool) -> Iterator[tuple[RunOptions, Progress]]:
    """The options of a run, with logging and progress set up."""
    from auditor.terminal import log, screen

    log.set_up(click.get_current_context().obj)
    told = _run_options(**settings)
    with screen.progress(quiet=quiet) as progress:
        yield told, progress


def _asking(output: str | None = None, **place: Any) -> RunOptions:
    """The options of a question about the past: no period, and nothing is read in parallel."""
    return _run_options(period=timedelta(0), output=output, workers=1, **place)


def _run_options(
    config: str, at: datetime | None, period: timedelta, evidence: str | None, output: str | None, workers: int
) -> RunOptions:
    from auditor.config import load
    from auditor.job import RunOptions

    loaded = load(config)
    return RunOptions(
        config=loaded,
        at=at or datetime.now(UTC),
        period=period,
        evidence=evidence or _below(loaded.base, loaded.evidence),
        output=Path(output or _below(loaded.base, loaded.output)),
        workers=workers,
    )


def _place(config: str) -> str:
    from auditor.config import load

    loaded = load(config)
    return _below(loaded.base, loaded.evidence)


def _below(base: Path, place: str) -> str:
    """A place that the configuration names: a URL as it is, a path from the configuration's folder."""
    return place if "://" in place else str(base / place)


def _finish(result: RunResult, fail_on: str | None, *, as_json: bool, quiet: bool) -> int:
    from auditor.terminal.screen import print_summary
    from auditor.terminal.summary import summarise

    summary = summarise(result, Severity(fail_on) if fail_on else None)
    if as_json:
        _print_json(summary.as_json())
    elif not quiet:
        print_summary(summary)
    for problem in summary.undone:
        say(problem, error=True)
    return summary.exit_status


def _print_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def main() -> NoReturn:
    """The `auditor` program."""
    start(cli)
