"""The commands, under the headings and in the order in which `auditor --help` lists them."""

import sys

import click

import auditor
from auditor.cli import campaign, discovering, findings, nightly, questions, replaying, review, setting_up, simulating
from auditor.cli.terminal.program import Commands

_EPILOG = (
    "Exit status: 0 done; 1 done and complete, with findings at or above --fail-on; 2 bad configuration or usage; "
    "3 done, but incomplete, whatever was found; 4 another run holds the lock; 70 a mistake in the auditor; "
    "130 interrupted."
)


_SECTIONS = {
    "To begin": (setting_up.init, discovering.check, discovering.grow, setting_up.demo),
    "Every night": (
        nightly.run,
        nightly.collect,
        nightly.reconcile,
        nightly.report,
        findings.findings,
        review.explain,
        review.trend,
        review.export,
        discovering.notify,
        setting_up.verify,
    ),
    "The review": (review.decide, campaign.review, simulating.simulate, findings.policy),
    "Incidents and releases": (questions.incident, questions.who, questions.ready),
    "Cleaning up": (review.revoke, replaying.replay, questions.fit),
    "To look up": (
        setting_up.rules,
        setting_up.permissions,
        setting_up.schema,
        setting_up.manual,
        setting_up.completion,
    ),
}


@click.group(
    cls=Commands,
    sections=_SECTIONS,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(auditor.__version__, "-V", "--version", prog_name="auditor")
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
