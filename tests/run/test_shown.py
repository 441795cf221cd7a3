"""What the pages show: each command is run, in the page's order, by somebody who has what the page speaks of.

A block that cannot be run here says why where it begins (```` ```console not run: needs podman ````) and stands in
`NOT_RUN`; its calls of the auditor are read by the program's own parser all the same.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import click
import pytest
import yaml

from auditor.cli.commands import cli
from auditor.config.load import load
from reports.attestation_json import FORMAT as CAMPAIGN
from reports.decisions_json import FORMAT
from tests import docs
from tests.discovery import company as newcomer
from tests.nightly import FIRST, ROOT, surroundings
from tests.programs import called
from tests.waiting import LIMIT

NOT_RUN = {
    ("README.md", "sets up the whole program"),
    ("README.md", "needs an AWS account"),
    ("docs/demo.md", "needs the demo company"),
    ("docs/fit.md", "needs the demo company"),
    ("docs/demo.md", "needs the demo's servers"),
    ("docs/deploying.md", "changes the machine's users and schedule"),
    ("docs/deploying.md", "changes the machine's users and services"),
    ("docs/deploying.md", "needs podman"),
    ("docs/install.md", "installs packages"),
}
FENCE = re.compile(r"(?ms)^```(?P<info>[^`\n]*)\n(?P<text>.*?)^```$")
LANGUAGES = {"console", "yaml", "json", "csv", "python", "sh", "text"}
PAGES = {str(page.relative_to(ROOT)): page.read_text("utf-8") for page in docs.pages(ROOT)}


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    language: str
    not_run: str
    text: str

    @property
    def lines(self) -> list[str]:
        """Its commands."""
        return [line[2:] for line in self.text.replace("\\\n", " ").splitlines() if line.startswith("$ ")]


def blocks() -> Iterator[Block]:
    for page, text in PAGES.items():
        for found in FENCE.finditer(text):
            language, _, rest = found["info"].partition(" ")
            yield Block(page, language, rest.removeprefix("not run: "), found["text"])


BLOCKS = list(blocks())
SHOWN = [block for block in BLOCKS if block.language == "console"]
CALLS = sorted(
    {line for block in SHOWN for line in block.lines if line.startswith("auditor ") and not line.endswith("--help")}
)
BEGINNING = ["auditor init --from .", "auditor check", "auditor run"]
RUN = sorted({block.page for block in SHOWN if not block.not_run} - {"docs/commands.md"})
NAMED = sorted({(page, found) for page, text in PAGES.items() for found in re.findall(r"`(auditor [^`\n]+)`", text)})


def test_a_command_stands_in_a_block_that_is_run_or_says_why_not():
    assert {block.language for block in BLOCKS} <= LANGUAGES
    assert not [block for block in BLOCKS if block.language not in ("console", "sh") and block.lines]
    assert {(block.page, block.not_run) for block in SHOWN if block.not_run} == NOT_RUN
    assert not [block for block in SHOWN if not block.lines]


@pytest.mark.parametrize("line", CALLS)
def test_a_call_is_one_that_the_program_takes(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "auditor.yaml").write_text("organisation: Harbour Shop\ntimezone: Europe/Berlin\n")
    command, rest = command_of(parted(line)[0])
    assert command.make_context(command.name, rest, parent=click.Context(cli, **cli.context_settings))


@pytest.mark.parametrize(("page", "words"), NAMED, ids=[f"{Path(page).name}-{words}" for page, words in NAMED])
def test_a_command_that_a_sentence_names_is_there(page, words):
    first, *rest = re.sub(r"[|].*|…", "", words).split()[1:]
    if first.startswith("-"):
        assert first in {option for parameter in cli.params for option in parameter.opts}
        return
    command, rest = command_of([first, *rest])
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= known


@pytest.mark.parametrize("block", [block for block in SHOWN if block.not_run], ids=lambda block: block.not_run)
def test_what_is_not_run_is_written_as_a_shell_reads_it(block):
    read = subprocess.run(["bash", "-n"], input="\n".join(block.lines), text=True, check=False, stderr=subprocess.PIPE)
    assert (read.returncode, read.stderr) == (0, "")


@pytest.mark.parametrize("page", RUN)
def test_the_commands_of_a_page_do_what_it_says(page, tmp_path, request, once):
    shown = [line for block in SHOWN if block.page == page and not block.not_run for line in block.lines]
    if shown[: len(BEGINNING)] == BEGINNING:
        folder, now, shown = tmp_path / "new", newcomer.AT, shown[len(BEGINNING) :]
        shutil.copytree(once("begun", begun), folder)
    else:
        folder, now = audited(request.getfixturevalue("company")), FIRST
    done(shown, folder, now)


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.language == "yaml"], ids=lambda block: Path(block.page).name
)
def test_settings_that_a_page_shows_are_valid_ones(block, tmp_path):
    said = yaml.safe_load(block.text)
    whole = yaml.safe_load(next(one.text for one in BLOCKS if (one.page, one.language) == ("README.md", "yaml")))
    whole |= {"sources": said} if isinstance(said, list) else said
    (tmp_path / "auditor.yaml").write_text(yaml.safe_dump(whole))
    assert load(tmp_path / "auditor.yaml").model_fields_set >= whole.keys()


def begun(folder):
    """The first hour of somebody new, with a folder of dumps and exports: the pages that tell of it begin alike."""
    newcomer.make(folder)
    done(BEGINNING, folder, newcomer.AT)


def audited(company):
    """A company after its first night, with what its page exported."""
    one = company.answer.of("standing/departed", person="piet")["id"]
    entry = {"finding": one, "decision": "revoke", "reason": "he has left", "until": None}
    decided = {"format": FORMAT, "run": company.answer.said["run"], "decisions": [entry]}
    company.write("decisions.json", json.dumps(decided))
    company.write("draft.yaml", "policy: {windows: {routine: 30m}, max_writers: 2}\n")
    with tempfile.TemporaryDirectory() as beside:
        reviewed(company, company.copy(Path(beside, "company")))
    return company.folder


def reviewed(company, other):
    """What reviewers export of a campaign, from one that was opened beside: it is frozen alike."""
    assert other.auditor("review", "open", "--month", "2026-10", "--at", FIRST.isoformat()).status == 0
    data = (other.output / "reviews/2026-10/population.json").read_bytes()
    for who in ("mia", "leon"):
        lines = [one["id"] for one in json.loads(data)["lines"] if one["reviewer"] == who]
        entries = [{"line": line, "decision": "keep", "reason": "on the team"} for line in lines]
        told = {"format": CAMPAIGN, "campaign": "2026-10", "population": sha256(data).hexdigest(), "by": who}
        company.write(f"2026-10-{who}.json", json.dumps(told | {"lines": entries}))


def done(lines, folder, now):
    """One line after the other."""
    for line in lines:
        status, told = run(line, folder, now)
        answers = (0, 1) if line.startswith("auditor ready ") else (0,)  # whether the small company may release
        assert status in answers, f"{line}\n{told}"


def run(line, folder, now):
    """One line at a prompt: the program itself in this process, at the company's time; all else by bash."""
    words, written = parted(line)
    if words is None:
        place = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", line], cwd=folder, env=surroundings(PATH=place), capture_output=True, text=True,
            timeout=LIMIT, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr
    timed = {option for parameter in command_of(words)[0].params for option in parameter.opts}
    when = next((option for option in ("--at", "--to") if option in timed and option not in words), None)
    at = [when, now.isoformat()] if when else []
    status, out, errors = called(*words, *at, folder=folder, environment=surroundings())
    if written:
        (folder / written).write_text(out)
    return status, out + errors


def command_of(words):
    """The command that words call, also one of a group, and the words that it is given."""
    command, rest = cli.commands[words[0]], list(words[1:])
    while isinstance(command, click.Group) and rest and rest[0] in command.commands:
        command = command.commands[rest.pop(0)]
    return command, rest


def parted(line):
    """The words of a call of the auditor, and the file that its output goes to; none of either for other commands."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    if Path(words[0]).name != "auditor" or {"|", "||", "&&", ";"} & set(words):
        return None, None
    if ">" in words:
        return words[1 : words.index(">")], words[words.index(">") + 1]
    return words[1:], None
