"""What stands around the program: the metadata of its package, the container, the examples and the hooks."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from auditor.cli.commands import cli

HOUSE = Path(__file__).parent.parent
EXAMPLES = HOUSE / "docs" / "examples"
UNITS = sorted(path for path in (EXAMPLES / "systemd").iterdir() if path.is_file())
INSTALLED = "/opt/auditor/.venv/bin/auditor"
BIN = Path(sys.executable).parent


def run(*command, cwd=HOUSE):
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def metadata(tmp_path, repository):
    """The package's metadata, with the repository's public address set."""
    for name in ("README.md", "LICENSE", "NOTICE"):
        shutil.copy(HOUSE / name, tmp_path)
    for name in ("auditor", ".ci"):
        shutil.copytree(HOUSE / name, tmp_path / name)
    project = (HOUSE / "pyproject.toml").read_text("utf-8")
    empty = 'repository = ""'
    assert empty in project
    (tmp_path / "pyproject.toml").write_text(project.replace(empty, f'repository = "{repository}"'))
    made = run(sys.executable, "-m", "hatchling", "metadata", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)


def test_with_a_public_address_pictures_and_links_show_everywhere(tmp_path):
    found = metadata(tmp_path, "https://git.example/team/auditor/")
    assert found["urls"]["Homepage"] == "https://git.example/team/auditor"
    assert found["urls"]["Issues"] == "https://git.example/team/auditor/issues"
    text = found["readme"]["text"]
    assert "](https://git.example/team/auditor/raw/HEAD/.ci/pictures/page.png)" in text
    assert "](https://git.example/team/auditor/blob/HEAD/CHANGELOG.md)" in text
    assert re.findall(r"\]\((?!https://|#)", text) == []


def test_without_one_nothing_points_anywhere(tmp_path):
    found = metadata(tmp_path, "")
    assert "urls" not in found
    assert found["readme"]["text"] == (HOUSE / "README.md").read_text("utf-8")


def test_the_container_copies_what_is_there_and_runs_as_nobody_special():
    text = (HOUSE / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    copied = [
        source for word, *sources, _ in lines for source in sources if word == "COPY" and "--from=build" not in sources
    ]
    wheel = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*wheel["packages"], *wheel["shared-data"], "pyproject.toml", ".ci/metadata.py"} <= set(copied)
    for source in copied:
        assert (HOUSE / source).exists(), source
    assert [line[1] for line in lines if line[0] == "USER"] == ["10001:10001"]
    assert "://" not in text, "where packages come from is the builder's business"


def test_the_page_on_installing_points_at_what_is_there():
    page = HOUSE / "docs" / "install.md"
    links = re.findall(r"\]\(((?!https?:)[^)#]+)", page.read_text("utf-8"))
    assert links
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (
            "gitlab-ci",
            {
                "gitlab-ci.yml": "--fail-on high",
                "gitlab-ci-ready.yml": 'ready checkout --config /etc/auditor/auditor.yaml --ticket "$RELEASE_',
            },
        ),
        (
            "github-workflows",
            {
                "github-workflow.yml": "--fail-on high",
                "github-workflow-ready.yml": 'ready checkout --config /etc/auditor/auditor.yaml --ticket "',
            },
        ),
    ],
)
def test_the_examples_of_jobs_are_what_their_service_reads(schema, says):
    from check_jsonschema import main as check_jsonschema

    files = [EXAMPLES / name for name in says]
    found = CliRunner().invoke(check_jsonschema, ["--builtin-schema", f"vendor.{schema}", *map(str, files)])
    assert found.exit_code == 0, found.output
    for file in files:
        assert says[file.name] in file.read_text("utf-8")


def test_the_units_are_what_systemd_reads(tmp_path):
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        pytest.skip("systemd is not here")
    folder = shutil.copytree(EXAMPLES / "systemd", tmp_path / "units")
    for unit in folder.glob("*.service"):
        unit.write_text(unit.read_text("utf-8").replace(INSTALLED, str(BIN / "auditor")))
    found = run(analyse, "verify", *map(str, sorted(folder.glob("*.service")) + sorted(folder.glob("*.timer"))))
    assert (found.returncode, found.stderr) == (0, "")


def test_every_timer_has_its_service():
    names = {path.stem for path in UNITS if path.suffix == ".timer"}
    assert (
        names
        == {path.stem for path in UNITS if path.suffix == ".service"}
        == {
            "auditor-monthly",
            "auditor-nightly",
            "auditor-weekly",
        }
    )


def commands():
    """Every call of the auditor in the examples: file, and its words up to the shell's."""
    for path in (HOUSE / "crontab.example", *UNITS, *EXAMPLES.glob("*.yml")):
        text = path.read_text("utf-8").replace("\\\n", " ")
        for line in text.splitlines():
            call = re.search(rf'(?:{INSTALLED}|"\$AUDITOR"|- auditor|"\$AUDITOR_IMAGE") (\w[^;|>\']*)', line)
            if call and not line.startswith("#"):
                yield pytest.param(shlex.split(call[1]), id=f"{path.name}-{call[1].split()[0]}")


@pytest.mark.parametrize("words", [*commands()])
def test_an_example_calls_the_program_as_it_is(words):
    command = cli.commands[words[0]]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_hooks_check_what_lint_checks():
    hooks = yaml.safe_load((HOUSE / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert [repository["repo"] for repository in hooks] == ["local"]
    entries = [re.sub(r" --force-exclude|^env ", "", hook["entry"]) for hook in hooks[0]["hooks"]]
    linting = re.search(r"(?m)^lint:.*\n((?:\t.*\n)+)", (HOUSE / "Makefile").read_text("utf-8"))[1]
    files = re.compile(r" (?:\.|\$\(SHELL_FILES\))$")
    assert entries == [files.sub("", line.strip().replace("$(BIN)", ".venv/bin")) for line in linting.splitlines()]
    checked = run(str(BIN / "pre-commit"), "validate-config")
    assert checked.returncode == 0, checked.stdout


def test_fresh_knows_its_words():
    found = run(".ci/fresh", "bullseye")
    assert (found.returncode, found.stderr) == (1, "fresh: no such word: bullseye\n")
