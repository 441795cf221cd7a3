"""The commands of the review: what was found as other programs take it, decisions, the cleanup script."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.running import print_json, user_name, working
from auditor.cli.terminal import options
from auditor.cli.terminal.screen import say
from auditor.errors import UsageError
from reports.exports.registry import EXPORTS
from reports.exports.registry import export as exported
from reports.words import plural

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@options.PLACE
@click.option("--format", "form", type=click.Choice(list(EXPORTS)), required=True, help="What to write.")
@click.option("--file", "to", type=options.File(), metavar="FILE", help="Where to write it.  [default: stdout]")
def export(form: str, to: Path | None, **settings: Any) -> None:
    """Write the latest run's findings for another program."""
    from auditor.options import LATEST
    from reports import findings_json
    from reports.files import write_private

    with working(settings, quiet=True) as (told, _):
        content = exported(form, findings_json.read(told.output / LATEST / "findings.json"))
        if to:
            write_private(to, content)
        else:
            click.echo(content, nl=False)


@click.command()
@options.PLACE
@options.JSON
def trend(as_json: bool, **settings: Any) -> None:
    """Show every run in numbers, and how many people could change production.

    `gone` findings ended and those `again` there had; `policy` counts settings that were loosened. Of the `changes`
    beside which monitoring was read, it `rose after` some. `hours open` are those of a week in which people
    could change production, added up.
    """
    from auditor.cli.terminal.screen import print_trend
    from reports.trend import trend_rows

    with working(settings, quiet=True) as (told, _):
        with told.ledger as ledger:
            rows = trend_rows(ledger.history())
        print_json(rows) if as_json else print_trend(rows)


@click.command()
@options.SETTINGS
@options.by("Who decided, where the file does not say")
@options.SIGNATURES
@click.option("--revoke", "verdicts", flag_value="revoke", multiple=True, help="FINDING is to be revoked.")
@click.option("--keep", "verdicts", flag_value="keep", multiple=True, help="FINDING is meant.")
@click.option("--except-until", "until", metavar="DAY", help="FINDING is an exception until that day, the last one.")
@click.option(
    "--explained", "verdicts", flag_value="explained", multiple=True, help="What FINDING tells of was looked into."
)
@click.option("--do-by", "due", metavar="DAY", help="What FINDING asks for is done by that day; goes with --who.")
@click.option("--who", default="", metavar="WHO", help="Who does it.")
@click.option("--reason", metavar="WORDS", help="Why; goes with each of these.")
@click.argument("decisions", metavar="DECISIONS.JSON|FINDING")
def decide(
    decisions: str,
    by: str | None,
    signatures: tuple[Path, ...],
    verdicts: tuple[str, ...],
    until: str | None,
    due: str | None,
    who: str,
    reason: str | None,
    **settings: Any,
) -> None:
    """Record the review's decisions, as the page exports them; or one, of a finding by its number or id.

    Approvers decide, and the owners of the finding's system, each line by itself; with `"by": "PERSON"` in its lines a
    file holds those of several people. `decisions: {check: os-user}` or `{check: signature}` in auditor.yaml lets it be
    checked that it was them. Nobody decides on their own access.

    Exceptions hold from the next run on, until their last day; `auditor revoke --decisions` writes the script for what
    is to be revoked.
    """
    from pathlib import Path

    from auditor.decisions import decide as record
    from auditor.decisions import decide_one

    verdicts += ("exception",) * bool(until) + ("do-by",) * bool(due)
    if len(verdicts) > 1:
        raise UsageError("Several decisions are given for one finding.", do="Give one of them.")
    if not verdicts and not Path(decisions).exists():
        raise UsageError(
            f"There is no file {decisions}, and it is not said what is decided on a finding {decisions}.",
            means="No decision was recorded.",
            do="Give --revoke, --keep, --except-until DAY, --explained or --do-by DAY, and a --reason.",
        )
    with working(settings, quiet=True) as (told, _):
        if verdicts:
            decision = {"decision": verdicts[0], "reason": reason or "", "until": until or due, "who": who}
            finding, recorded = decide_one(told, decisions, decision, by, user_name(), signatures)
        else:
            recorded = record(told, Path(decisions), by, user_name(), signatures)
    counts = Counter(decision.decision for decision in recorded)
    said = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(counts.items()))
    say(f"{plural(len(recorded), 'decision')} recorded: {said}.")
    if verdicts:
        say(f"  {finding.id[:8]}  {finding.summary}")


@click.command()
@options.SETTINGS
@click.option(
    "--folder", type=options.File(), default="cleanup", show_default=True, metavar="DIR", help="Folder for the scripts."
)
@click.option("--decisions", is_flag=True, help="For what the review decided to revoke.")
@click.option("--delete", is_flag=True, help="For credentials that cleanup scripts deactivated long enough ago.")
@options.AFTER
@click.argument("findings", nargs=-1, metavar="[FINDING…]")
def revoke(
    findings: tuple[str, ...], folder: Path, decisions: bool, delete: bool, after: timedelta, **settings: Any
) -> None:
    """Write cleanup and undo scripts for chosen findings; run nothing.

    With --delete: a script that deletes what was deactivated, which cannot be undone. `auditor review script` writes
    that of a campaign's lines.
    """
    from auditor import decisions as review
    from auditor import past_runs

    if [bool(findings), decisions, delete].count(True) != 1:
        raise UsageError(
            "It is not said what to revoke.", do="Name findings by number or id, or give --decisions or --delete."
        )
    with working(settings, quiet=True) as (told, _):
        if delete:
            say(str(past_runs.delete(told, after, folder)))
            return
        made = past_runs.revoke(told, findings or review.to_revoke(told), folder)
    say(str(made.script))
    say(str(made.undo))
    say(made.sentence)


@click.command()
@options.PLACE
@click.argument("finding")
def explain(finding: str, **settings: Any) -> None:
    """Show how a finding came about, back to the raw records."""
    from auditor.cli.terminal.screen import print_explanation
    from auditor.questions.explain import explain as explained

    with working(settings, quiet=True) as (told, _):
        print_explanation(explained(told, finding))
