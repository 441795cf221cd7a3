"""Fills the marked blocks of README.md and docs/ from the code: `python -m tests.docs [--check]`.

A block stands between `<!-- begin: NAME -->` and `<!-- end: NAME -->`. Names: `cli-help`, `cli-help COMMAND`, `rules`,
`sources`, `not-read`, `configuration`, `aws-policy`, `ssh-account`, `story`, `approvals`, `attacks`; `actions` fills in the
table that is there.
"""

import csv
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from auditor.cli.commands import cli
from auditor.cli.terminal.catalogue import markdown_table, rules_markdown
from auditor.config import json_schema
from auditor.config.sources.aws import AwsLogin
from auditor.demo.story import BAD, GOOD, OVER
from auditor.errors import UsageError
from auditor.model.statements import names_end, verdict
from auditor.providers.registry import PROVIDERS
from auditor.rules.registry import RULES
from collectors.aws.cloudtrail.actions import classify
from collectors.aws.permissions import aws_policy
from collectors.google.permissions import google_role
from collectors.permissions import needs
from collectors.registry import COLLECTORS
from collectors.ssh import plan
from tests.evidence.attacks import ATTACKS, BY

_BLOCK = re.compile(r"(?ms)^<!-- begin: ([a-z -]+?) -->\n.*?^<!-- end: \1 -->$")
_WIDTH = 100
APPROVALS = Path(__file__).parents[1] / "docs" / "approvals.csv"
_INSIDE = ("name", "kind", "timezone")  # of every source, and said above the table


def filled(text: str) -> str:
    """The text with every marked block made anew.

    Raises:
        UsageError: a block has a name that nothing fills.
    """
    return _BLOCK.sub(_block, text)


def pages(folder: Path) -> list[Path]:
    """README.md and everything under docs/ that may hold blocks."""
    return [page for page in (folder / "README.md", *sorted(folder.glob("docs/**/*.md"))) if page.exists()]


def main(arguments: list[str], folder: Path) -> int:
    """Rewrite the pages, or with `--check` only say which ones are out of date: then 1, else 0."""
    stale = [page for page in pages(folder) if filled(page.read_text("utf-8")) != page.read_text("utf-8")]
    for page in stale:
        if "--check" in arguments:
            print(f"{page.relative_to(folder)} is out of date: run `make docs`.")
        else:
            page.write_text(filled(page.read_text("utf-8")), "utf-8")
    return 1 if stale and "--check" in arguments else 0


def _block(match: re.Match[str]) -> str:
    name, _, argument = match[1].partition(" ")
    if name not in (*_BLOCKS, "actions"):
        raise UsageError(f"Nothing fills the block {match[1]!r}.", do=f"Known blocks: {', '.join(_BLOCKS)}.")
    lines = "\n".join(_actions(match[0]) if name == "actions" else _BLOCKS[name](argument))
    return f"<!-- begin: {match[1]} -->\n{lines}\n<!-- end: {match[1]} -->"


def _actions(block: str) -> Iterator[str]:
    """The events that a table names, with what the auditor takes each for."""
    heading = ("service", "event", "read only", "action", "category", "level")
    named = [[cell.strip() for cell in line.split("|")[1:4]] for line in block.splitlines() if line.startswith("| ")]
    yield from markdown_table(heading, (_taken(*cells) for cells in named if cells[0] not in ("service", "---")))


def _taken(service: str, event: str, read_only: str) -> tuple[str, ...]:
    says = {"yes": True, "no": False}.get(read_only)
    act = classify(f"{service}.amazonaws.com", event, read_only=says)
    return service, event, read_only, f"`{act.action}`", act.category, act.level


def _not_read(_: str) -> Iterator[str]:
    """What bears on rights and is not read, as each provider's room says it."""
    for one in PROVIDERS.values():
        yield f"- {(type(one).__doc__ or '').rstrip('.')}"
        yield from (f"  - {what}" for what in one.NOT_READ)


def _cli_help(command: str) -> Iterator[str]:
    target: click.Command = cli
    for word in command.split():
        assert isinstance(target, click.Group)
        target = target.commands[word]
    name = f"auditor {command}".strip()
    context = click.Context(target, info_name=name, terminal_width=_WIDTH, **cli.context_settings)
    yield "```console"
    yield f"$ {name} --help"
    yield target.get_help(context)
    yield "```"


def _rules(_: str) -> Iterator[str]:
    yield from rules_markdown(RULES)


def _sources(_: str) -> Iterator[str]:
    kinds = json_schema()["properties"]["sources"]["items"]["discriminator"]["mapping"]
    rows = ((f"`{kind}`", _reads(kind), _needs(kind), _settings_of(model)) for kind, model in _models(kinds))
    yield from markdown_table(("kind", "reads", "rights it needs, live", "settings beside `name` and `kind`"), rows)


def _reads(kind: str) -> str:
    """In the collector's own words."""
    return f"{COLLECTORS[kind].READS.rstrip('.')}."


def _needs(kind: str) -> str:
    return ", ".join(f"`{need}`" if " " not in need else need for need in needs(kind)) or "none"


def _models(kinds: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    definitions = json_schema()["$defs"]
    for kind, reference in kinds.items():
        yield kind, definitions[reference.rsplit("/", 1)[1]]


def _settings_of(source: Mapping[str, Any]) -> str:
    needed = source.get("required", ())
    own = [key for key in source["properties"] if key not in _INSIDE]
    return "; ".join(
        f"`{key}`{' (required)' if key in needed else ''}: {source['properties'][key]['description']}"
        for key in sorted(own, key=lambda key: (key not in needed, key in AwsLogin.model_fields))
    )


def _configuration(_: str) -> Iterator[str]:
    schema = json_schema()
    parts = {"The file": schema} | {
        f"`{where}`": schema["$defs"][model]
        for where, model in (
            ("people", "Person"),
            ("jobs` of a person", "HeldJob"),
            ("service_accounts", "ServiceAccount"),
            ("vendors", "Vendor"),
            ("break_glass", "BreakGlass"),
            ("systems", "System"),
            ("rollback` of a system", "Rollback"),
            ("code` and `config` of `rollback", "RollbackPath"),
            ("resources` of a system: `provider: aws", "AwsResource"),
            ("resources` of a system: `provider: gcp", "GoogleResource"),
            ("resources` of a system: `provider: gitlab", "GitlabResource"),
            ("resources` of a system: `provider: github", "GithubResource"),
            ("resources` of a system: `provider: postgres", "PostgresResource"),
            ("resources` of a system: `provider: mysql", "MysqlResource"),
            ("resources` of a system: `provider: ssh", "SshResource"),
            ("resources` of a system: `provider: other", "OtherResource"),
            ("policy", "Policy"),
            ("release_hours` of `policy", "ReleaseHours"),
            ("freezes` of `policy", "Freeze"),
            ("signals", "SavedSearch"),
            ("exceptions", "RuleException"),
            ("decisions", "Deciding"),
            ("anchor", "Anchor"),
            ("engine: {kind: spark}", "SparkEngine"),
        )
    }
    for title, model in parts.items():
        yield f"**{title}**: {_sentence(model)}"
        yield ""
        yield from markdown_table(("key", "default", "meaning"), _rows(model))
        yield ""


def _sentence(model: Mapping[str, Any]) -> str:
    text = " ".join(model["description"].split())
    return text[0].lower() + text[1:]


def _rows(model: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    needed = model.get("required", ())
    for key, setting in model["properties"].items():
        if "const" not in setting:
            yield f"`{key}`", "required" if key in needed else _default(setting), setting.get("description", "")


def _default(setting: Mapping[str, Any]) -> str:
    default = setting.get("default")
    if default in (None, [], {}, ""):
        return ""
    return "see below" if "$ref" in setting else f"`{_written(default)}`"


def _written(value: Any) -> str:
    """As it would stand in the file."""
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_written(inner)}' for key, inner in value.items())}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _aws_policy(_: str) -> Iterator[str]:
    yield "```json"
    yield json.dumps(aws_policy(), indent=2)
    yield "```"


def _google_role(_: str) -> Iterator[str]:
    yield "```json"
    yield json.dumps(google_role(), indent=2)
    yield "```"


def _ssh_account(_: str) -> Iterator[str]:
    key, address = "ssh-ed25519 AAAA… auditor", "192.0.2.10"
    yield "The key, in the account's `authorized_keys` (`192.0.2.10` stands for the machine that the audit runs on):"
    yield from _listing("text", plan.authorized_keys(key, address, forced=False))
    yield "What it may read as root, in `/etc/sudoers.d/auditor`: whole commands, without a wildcard in them:"
    yield from _listing("text", *plan.sudoers())
    yield f"Or, so that the key can do nothing else at all, with this program as `{plan.PROGRAM}`, owned by root:"
    yield from _listing("text", plan.authorized_keys(key, address))
    yield from _listing("sh", plan.answering_program().rstrip("\n"))


def _listing(language: str, *lines: str) -> Iterator[str]:
    yield from ("", f"```{language}", *lines, "```", "")


def _story(_: str) -> Iterator[str]:
    rows = (
        (f"**{scene.title}**", scene.told, "<br>".join(finding.text for finding in scene.findings) or "nothing")
        for scene in (*GOOD, *BAD, *OVER)
    )
    yield from markdown_table(("scene", "what happened", "what the audit finds"), rows)


def _approvals(_: str) -> Iterator[str]:
    with APPROVALS.open(encoding="utf-8") as file:
        sentences = [row["sentence"] for row in csv.DictReader(file)]
    rows = ((one.replace("|", "\\|"), str(verdict(one) or ""), "yes" if names_end(one) else "no") for one in sentences)
    yield from markdown_table(("the approval says", "it is", "it names an end"), rows)


def _attacks(_: str) -> Iterator[str]:
    rows = ((one.what, *("yes" if by in one.noticed_by else "" for by in BY)) for one in ATTACKS)
    yield from markdown_table(("attack", *BY), rows)


_BLOCKS: Mapping[str, Callable[[str], Iterator[str]]] = {
    "cli-help": _cli_help,
    "rules": _rules,
    "sources": _sources,
    "not-read": _not_read,
    "configuration": _configuration,
    "aws-policy": _aws_policy,
    "google-role": _google_role,
    "ssh-account": _ssh_account,
    "story": _story,
    "approvals": _approvals,
    "attacks": _attacks,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path.cwd()))
