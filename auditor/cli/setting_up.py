"""The commands around an audit: what to set up, what is known, what is stored, and the demo."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.discovering import asked, discover
from auditor.cli.running import finish, output_of, print_json, store_of
from auditor.cli.terminal import options
from auditor.cli.terminal.screen import say, say_lines
from auditor.errors import StoreError, UsageError
from auditor.extras import lacking
from reports.words import plural

if TYPE_CHECKING:
    from pathlib import Path

_CLOUDS = ("aws", "gcp", "google", "team")
_FAMILIES = (
    *_CLOUDS,
    "gitlab",
    "github",
    "grafana",
    "jira",
    "mysql",
    "on-call",
    "postgres",
    "sentry",
    "slack",
    "ssh",
    "vault",
    "vpn",
)
_OF_RUNS = ("findings", "access", "stories", "agents", "timeline", "after_changes")
_OF_CAMPAIGNS = ("population", "attestation", "record", "proof")
_SCHEMAS = ("config", *_OF_RUNS, *_OF_CAMPAIGNS)


@click.command()
@options.JSON
@click.option("--markdown", is_flag=True, help="A Markdown table.")
def rules(as_json: bool, markdown: bool) -> None:
    """List the rules, with severity and controls."""
    from auditor.cli.terminal.catalogue import rules_json, rules_markdown
    from auditor.cli.terminal.screen import print_rules
    from auditor.rules.registry import RULES

    if as_json and markdown:
        raise UsageError("--json and --markdown cannot both be had.", do="Choose one of them.")
    if as_json:
        print_json(rules_json(RULES))
    elif markdown:
        say_lines(rules_markdown(RULES))
    else:
        print_rules(RULES)


@click.command()
@options.CONFIG
@options.EVIDENCE
@options.OUTPUT
@options.JSON
@click.option(
    "--head",
    metavar="HASH",
    help="The hash of a run, as its PDF, page, message or an earlier verify has it: it must be in the chain.",
)
def verify(config: str, evidence: str | None, output: Path | None, as_json: bool, head: str | None) -> int:
    """Check that the stored evidence is still what was stored.

    Every file of the store, the chain of its manifests, and what the output folder holds beside it: runs that the
    ledger knows, findings, decisions and the logs of cleanup scripts; then the proofs of whoever `anchor` of the
    configuration lets vouch for runs. With --evidence, proofs are left out; without --output too: the store alone.
    """
    from auditor.config import load
    from auditor.evidence.store import Store
    from auditor.questions.proof import problems as found_in

    store = Store(evidence or store_of(config))
    vouching = None if evidence else load(config)
    problems = found_in(store, output or (None if evidence else output_of(config)), head, vouching)
    links = [] if problems else store.links()
    runs = len(store.manifests()) if links else 0
    if as_json:
        found = [{"path": p.path, "kind": p.kind, "sentence": p.sentence} for p in problems]
        newest = links[-1].sha256 if links else None
        print_json({"store": store.name, "sound": bool(links), "runs": runs, "head": newest, "problems": found})
    elif links:
        say(f"{store.name} is sound: {plural(runs, 'run')}.")
        say(f"Write down what --head compares: {links[-1].sha256}")
    elif problems:
        say_lines(problem.sentence for problem in problems)
        say(
            f"{store.name} is not sound: {plural(len(problems), 'problem')}. Conclude nothing from it until it is known"
        )
        say("who changed what; restore it from a backup, and compare that by --head with the hash in a PDF or message.")
    else:
        say(f"{store.name} holds no run: nothing can be verified.")
    return 0 if links else StoreError.exit_status


@click.command(epilog=f"FAMILY is one of: {', '.join(sorted(_FAMILIES))}.")
@click.argument("family", type=click.Choice(_FAMILIES), metavar="FAMILY")
def permissions(family: str) -> None:
    """Print the least rights that reading a family of sources needs.

    To stdout what can be pasted: a policy, a role, lines for sudoers, or a list; to stderr what to do with it.
    """
    from collectors.permissions import rights

    found = rights(family)
    click.echo(found.text)
    say(found.how, error=True)


@click.command(epilog=f"OF is one of: {', '.join(_SCHEMAS)}.  [default: config]")
@click.argument("of", type=click.Choice(_SCHEMAS), default="config", metavar="[OF]")
def schema(of: str) -> None:
    """Print a JSON Schema: of auditor.yaml, or of a file that runs and campaigns leave for other programs, or take.

    Save that of the configuration as auditor.schema.json beside auditor.yaml, whose first line `# yaml-language-server:
    $schema=./auditor.schema.json` makes editors check and complete it.
    """
    if of == "config":
        from auditor.config import json_schema

        print_json(json_schema())
        return
    from reports.schemas import SCHEMAS

    print_json(SCHEMAS[of]())


@click.command()
@click.option(
    "--gitlab-template",
    "template",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="The issue template for access requests; printed, or written to FILE.",
)
@click.option(
    "--tickets", type=options.File(), metavar="FILE", help="A file of tickets: propose the source that reads it."
)
@click.option(
    "--from",
    "place",
    type=options.File(),
    metavar="FOLDER",
    help="Dumps and exports: what each file is, is recognised.",
)
@click.option("--aws", multiple=True, metavar="PROFILE", help="A profile of ~/.aws/config to read AWS with.")
@click.option("--gcp", multiple=True, metavar="PROJECT", help="A Google Cloud project.")
@click.option("--gitlab", multiple=True, metavar="URL", help="A group by its address; the token is in GITLAB_TOKEN.")
@click.option(
    "--github",
    multiple=True,
    metavar="NAME",
    help="An organisation, or OWNER/NAME for its issues as tickets; the token is in GITHUB_TOKEN.",
)
@click.option("--host", "ssh", multiple=True, metavar="HOST", help="A host that lets the login `auditor` in over SSH.")
@click.option("--postgres", multiple=True, metavar="HOST", help="A PostgreSQL server that lets in the role `auditor`.")
@click.option("--mysql", multiple=True, metavar="HOST", help="A MySQL or MariaDB server that lets in `auditor`.")
@click.option(
    "--output",
    type=options.File(),
    default="auditor.yaml",
    show_default=True,
    metavar="FILE",
    help="The file to write.",
)
@click.option("--system", metavar="NAME", help="The system to begin with.  [default: that with most changes]")
@click.option("--organisation", default="", metavar="NAME", help="Its name.  [default: from e-mail addresses]")
@click.option(
    "--timezone",
    type=options.ZONE,
    default="UTC",
    show_default=True,
    metavar="ZONE",
    is_eager=True,
    help="IANA zone of the reports.",
)
@click.option("--at", type=options.Moment(), metavar="TIME", help="When the dumps were made.  [default: now]")
@click.option("--yes", is_flag=True, help="Ask nothing, also at a terminal.")
def init(
    template: str | None, tickets: Path | None, place: Path | None, output: Path, yes: bool, **settings: Any
) -> None:
    """Discover who and what there is, and write auditor.yaml.

    Dumps, or what is read live, are read once, and nothing is changed: people, joined over the providers; robots;
    systems; sources. Questions stand in the file as comments. Without any of them, a terminal is asked. With
    --gitlab-template or --tickets, only that is made.

    The template belongs into .gitlab/issue_templates/ of the project whose issues are tickets. For a file that Jira,
    Linear, GitLab, `gh issue list --json` or a spreadsheet wrote, the lines of auditor.yaml that read it are printed.
    """
    from auditor.cli.terminal.starting import gitlab_template, propose_tickets, write_new

    if tickets is not None:
        source, remarks = propose_tickets(tickets)
        click.echo(source, nl=False)
        for remark in remarks:
            say(remark, error=True)
        return
    if template is None:
        live = {
            family: settings.pop(family) for family in ("aws", "gcp", "gitlab", "github", "ssh", "postgres", "mysql")
        }
        if not (place or any(live.values()) or yes) and sys.stdin.isatty():
            place, live = asked()
        discover(place, live, output, unasked=yes, **settings)
        return
    if template == "-":
        click.echo(gitlab_template(), nl=False)
    else:
        from pathlib import Path

        write_new(Path(template), gitlab_template())
        say(template)


@click.command()
@click.option(
    "--output", type=options.File(), metavar="DIR", help="Folder for everything it makes.  [default: demo-company]"
)
@click.option("--keep", is_flag=True, help="Leave the company's servers running until interrupted.")
@options.QUIET
@click.pass_context
def demo(context: click.Context, output: Path | None, keep: bool, quiet: bool) -> int:
    """Audit a small invented company; no account is needed.

    Its servers run on this machine and speak the providers' protocols; the audit is the same one as at night. In a
    folder that an earlier demo made, the next night follows.
    """
    install = lacking("demo")
    if install is not None:
        raise UsageError(install)
    from auditor.cli.terminal import log, screen
    from auditor.demo.main import run_demo, until_interrupted

    log.set_up(context.obj)
    with screen.progress(quiet=quiet) as progress:
        result = run_demo(output, keep=keep, progress=progress)
    config = result.folder.parents[1] / "auditor.yaml"
    status = finish(result, None, {"config": config}, as_json=False, quiet=quiet)
    if keep:
        say("The company's servers run until you press Ctrl-C.", error=True)
        until_interrupted()
    return status


@click.command()
def manual() -> None:
    """Print the man page, made of the commands themselves: `auditor manual | man -l -`."""
    import auditor
    from auditor.cli.terminal.manual import manual as page

    program = click.get_current_context().find_root().command
    if not isinstance(program, click.Group):
        raise UsageError("The man page is one of a program with commands.")
    click.echo(page(program, auditor.__version__), nl=False)


@click.command()
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
    program = click.get_current_context().find_root().command
    click.echo(found(program, {}, "auditor", "_AUDITOR_COMPLETE").source())
