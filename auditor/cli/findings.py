"""The commands that list what was found, and what it was found by."""

from typing import Any

import click

from auditor.cli.running import working
from auditor.cli.terminal import completed, options
from auditor.cli.terminal.screen import say
from auditor.errors import UsageError
from auditor.model.vocabulary import Severity
from reports.exports.registry import EXPORTS
from reports.exports.registry import export as exported
from reports.words import plural


@click.command()
@options.PLACE
@click.option("--new", is_flag=True, help="Only what is new, or came back, in the latest run.")
@click.option(
    "--person",
    metavar="WHO",
    shell_complete=completed.people,
    help="Only those about somebody: an id of the roster, or an account.",
)
@click.option("--system", metavar="NAME", shell_complete=completed.systems, help="Only those about a system: its id.")
@click.option("--rule", metavar="RULE", help="Only those of a rule, a family, or a pattern such as `changes/*-window`.")
@click.option("--severity", type=click.Choice([one.value for one in Severity]), help="Only from this severity on.")
@click.option("--format", "form", type=click.Choice(list(EXPORTS)), help="For another program, in place of lines.")
@options.JSON
def findings(
    new: bool,
    person: str | None,
    system: str | None,
    rule: str | None,
    severity: str | None,
    form: str | None,
    as_json: bool,
    **settings: Any,
) -> None:
    """List the findings of the latest run, worst first.

    `auditor explain`, `revoke` and `decide` take the number before a line, or the beginning of its id.
    """
    from msgspec.structs import replace

    from auditor.cli.terminal.listing import print_findings
    from auditor.model.named import chosen
    from auditor.questions.unknown import refuse_unknown
    from auditor.seal import latest

    if as_json and form:
        raise UsageError("--json and --format cannot both be had.", do="Choose one of them.")
    with working(settings, quiet=True) as (told, _):
        _, audit = latest(told)
        lowest = Severity(severity) if severity else None
        found = chosen(audit, new=new, person=person, system=system, rule=rule, severity=lowest)
        if not found:
            refuse_unknown(told.config, audit, person=person, system=system, rule=rule)
        if as_json or form:
            kept = replace(audit, findings=tuple(finding for _, finding in found))
            click.echo(exported(form or "json", kept), nl=False)
        else:
            print_findings(found)
            say(f"{len(found):,} of {plural(len(audit.findings), 'finding')} of run {audit.run}.")


@click.command()
@options.CONFIG
@click.option(
    "--request-template",
    "tracker",
    type=click.Choice(["gitlab", "github", "jira"]),
    help="In place of the rule: the template for requests of a tracker's issues.",
)
def policy(config: str, tracker: str | None) -> None:
    """Print the team's rule in plain words, for a wiki page.

    The template belongs into .gitlab/issue_templates/ or .github/ISSUE_TEMPLATE/, or into Jira's description of issues.
    """
    if tracker:
        from auditor.cli.terminal.starting import request_template

        click.echo(request_template(tracker), nl=False)
        return
    from auditor.config import load
    from reports.policy import policy as in_words

    click.echo(in_words(load(config)), nl=False)
