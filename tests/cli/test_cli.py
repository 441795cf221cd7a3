import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from auditor.cli import campaign, discovering, findings, nightly, questions, replaying, review, setting_up, simulating
from auditor.cli.commands import cli
from tests import waiting
from tests.programs import called

ESCAPE = "\x1b["
SMALL = "organisation: Harbour Shop\npeople: [{id: nina, name: Nina}]\n"


@pytest.fixture
def auditor(tmp_path):
    """Calls the program in an empty folder."""

    def auditor(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(
            arguments, *called(*arguments, folder=tmp_path, environment=_environment({}))
        )

    return auditor


@pytest.fixture
def program(tmp_path):
    """Runs the program in an empty folder, in a process of its own."""

    def program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "auditor", *arguments],
            cwd=tmp_path,
            env=_environment(environment),
            capture_output=True,
            text=True,
            timeout=waiting.LIMIT,
            check=False,
        )

    return program


def _environment(more: dict[str, str]) -> dict[str, str]:
    here = str(Path(__file__).parents[2])
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return {**plain, "PYTHONPATH": here, **more}


def _in_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=_environment({}),
        capture_output=True,
        text=True,
        timeout=waiting.LIMIT,
        check=False,
    )


def _on_a_terminal(*arguments: str, **environment: str) -> str:
    """What the program prints where both its output and its errors are a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "auditor", *arguments],
        env=_environment({"TERM": "xterm-256color", **environment}),
        stdout=follower,
        stderr=follower,
        stdin=follower,
    ):
        os.close(follower)
        printed = b""
        while chunk := _read(leader):
            printed += chunk
    os.close(leader)
    return printed.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux reports the other side's end so
        return b""


def test_every_command_that_is_written_can_be_called():
    modules = (campaign, discovering, findings, nightly, questions, replaying, review, setting_up, simulating)
    written = [one for module in modules for one in vars(module).values() if isinstance(one, click.Command)]
    of_groups = [one for group in written if isinstance(group, click.Group) for one in group.commands.values()]
    assert {one.name for one in written if one not in of_groups} == set(cli.commands)


def test_help_names_every_command_and_exit_status(program):
    shown = program("--help")

    assert shown.returncode == 0
    for word in ("run", "collect", "reconcile", "report", "revoke", "explain", "rules", "verify", "schema", "demo"):
        assert f"\n  {word} " in shown.stdout
    assert "Exit status: 0 done; 1 done and complete" in shown.stdout
    assert "\nTo begin:\n  init " in shown.stdout
    assert "..." not in shown.stdout.partition("To begin:")[2]  # a sentence that was cut


def test_importing_the_command_line_imports_nothing_heavy():
    heavy = (
        "asyncio boto3 botocore click.testing duckdb moto msgspec numpy pandas pyarrow pydantic rich weasyprint yaml"
    )
    code = f"import sys, auditor.cli.commands; print([name for name in {heavy.split()!r} if name in sys.modules])"

    assert _in_python(code).stdout.strip() == "[]"


def test_help_is_quick(program):
    """At most five times a bare interpreter, in processor time; in turns, until a busy machine leaves both alone."""
    bare, helped = [], []
    for _ in range(12):
        began = _spent()
        _in_python("pass")
        bare.append(_spent() - began)
        began = _spent()
        program("--help")
        helped.append(_spent() - began)
        if min(helped) <= 5 * min(bare):
            return

    pytest.fail(f"help took {min(helped) / min(bare):.1f} times a bare interpreter's processor time")


def _spent() -> float:
    """Seconds of processor time of every child process that ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def test_the_version_is_the_packages(auditor):
    import auditor as package

    assert auditor("--version").stdout == f"auditor, version {package.__version__}\n"


def test_the_man_page_has_every_command_and_is_clean_roff(auditor):
    page = auditor("manual").stdout
    assert page.count(r"\fB\-h, \-\-help\fR") == 1 + len(cli.commands)
    for command in ("run", "findings", "incident", "revoke", "manual"):
        assert f'.SS "auditor {command} ' in page or f'.SS "auditor {command}"' in page
    assert r"\fB\-\-last LENGTH\fR" in page
    assert all(line[1:3].strip().isupper() for line in page.splitlines() if line.startswith("."))
    assert "\n'" not in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rnu",), "No such command 'rnu'"),
        (("run", "--at", "2025-13-01"), "no time such as 02:00, yesterday, 2026-11-20"),
        (("run", "--at", "2025-02-30T10:00:00Z"), "no time such as"),
        (("run", "--at", "0001-01-01T00:00:00+23:00"), "no time such as"),
        (("incident", "--system", "x"), "not said when the incident began"),
        (("incident", "--system", "x", "--from", "02:00", "--last", "2h"), "not said when the incident began"),
        (("init", "--at", "soon"), "no time such as"),
        (("init", "--at", "today", "--timezone", "Nowhere"), "no time zone such as Europe/Berlin"),
        (("run", "--period", "30"), "such as 30m, 2h or 90d"),
        (("run", "--period", "0d"), "more than nothing"),
        (("report", "--month", "2026-13"), "no month such as 2026-10"),
        (("report", "--month", "october"), "no month such as 2026-10"),
        (("run", "--reports", "page,pfd"), "'pfd' is none of page, pdf, csv, cleanup; nor is it `none`"),
        (("run", "--workers", "0"), "0 is not in the range"),
        (("run", "--fail-on", "awful"), "'awful' is not one of"),
        (("revoke",), "not said what to revoke"),
        (("revoke", "--decisions", "abc"), "not said what to revoke"),
        (("rules", "--json", "--markdown"), "cannot both be had"),
        (("completion", "tcsh"), "'tcsh' is not one of"),
    ],
)
def test_wrong_usage_is_explained_on_stderr_with_status_2(auditor, tmp_path, arguments, said):
    (tmp_path / "auditor.yaml").write_text("organisation: X\n")
    shown = auditor(*arguments)

    assert shown.returncode == 2
    assert shown.stdout == ""
    assert said in shown.stderr


@pytest.mark.parametrize(
    "command", [("run",), ("collect",), ("reconcile",), ("report",), ("verify",), ("explain", "ab")]
)
def test_a_bad_configuration_lists_every_mistake_on_stderr_with_status_2(auditor, tmp_path, command):
    (tmp_path / "auditor.yaml").write_text("organisation: X\ntimezone: Mars\npolcy: {}\n")

    shown = auditor(*command)

    assert shown.returncode == 2
    assert shown.stdout == ""
    assert shown.stderr.splitlines()[:3] == [
        "auditor.yaml has 2 mistakes.",
        "auditor.yaml:2: timezone: expected a time zone such as Europe/Berlin or UTC, got 'Mars'",
        "auditor.yaml:3: polcy: unknown key (did you mean policy?)",
    ]


def test_a_configuration_cannot_steer_the_terminal(auditor, tmp_path):
    (tmp_path / "auditor.yaml").write_text('organisation: X\n"\\e[31mred\\u202e": 1\n')

    shown = auditor("verify")

    assert "\x1b" not in shown.stderr
    assert "\u202e" not in shown.stderr
    assert "unknown key" in shown.stderr


def test_a_configuration_that_is_not_there_is_explained(program):
    shown = program("run", "--config", "elsewhere.yaml")

    assert shown.returncode == 2
    assert shown.stderr.startswith("There is no elsewhere.yaml.\nNothing was run.\nName a file that is there")


def test_schema_prints_json(auditor):
    assert json.loads(auditor("schema").stdout)["title"] == "auditor.yaml"


def test_rules_prints_a_table_a_list_and_markdown(auditor):
    table, listed, markdown = (auditor("rules", *flags).stdout for flags in ((), ("--json",), ("--markdown",)))
    names = [rule["name"] for rule in json.loads(listed)]

    assert "standing/write-access" in names
    assert all(name in table for name in names)
    assert [line.split("`")[1] for line in markdown.splitlines()[2:]] == names


def test_rules_say_what_they_find_and_which_controls_they_serve(auditor):
    for rule in json.loads(auditor("rules", "--json").stdout):
        assert rule["meaning"]
        assert rule["why"]
        assert rule["severity"] in ("low", "medium", "high", "critical")
        assert rule["controls"]


def test_verify_reads_the_store_that_the_configuration_names(auditor, tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/auditor.yaml").write_text(SMALL + "evidence: kept/\n")

    shown = auditor("verify", "--config", "shop/auditor.yaml")

    assert shown.returncode == 3
    assert "shop/kept holds no run" in shown.stdout
    assert not (tmp_path / "shop/kept").exists()


def test_verify_reports_what_was_altered_with_status_3(auditor, tmp_path):
    manifests = tmp_path / "kept/manifests"
    manifests.mkdir(parents=True)
    (manifests / "000001-x.json").write_text("{}")

    shown = auditor("verify", "--evidence", "kept")
    listed = auditor("verify", "--evidence", "kept", "--json")

    assert shown.returncode == 3
    assert shown.stdout.strip()
    assert listed.returncode == 3
    assert json.loads(listed.stdout)["sound"] is False


@pytest.mark.parametrize(
    ("shell", "said"), [("bash", "complete -o"), ("zsh", "#compdef auditor"), ("fish", "complete ")]
)
def test_completion_scripts_are_printed(auditor, shell, said):
    assert said in auditor("completion", shell).stdout


def test_the_shell_completes_commands(program):
    shown = program(_AUDITOR_COMPLETE="bash_complete", COMP_WORDS="auditor re", COMP_CWORD="1")

    expected = ["reconcile", "report", "review", "ready", "revoke", "replay"]
    assert shown.stdout.split() == [f"plain,{name}" for name in expected]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("auditor incident c", ["plain,checkout"]),
        ("auditor who --system ", ["plain,checkout"]),
        ("auditor findings --system ", ["plain,checkout"]),
        ("auditor decide 1 --by n", ["plain,nina"]),
        ("auditor who --at x", []),
    ],
)
def test_the_shell_completes_systems_and_people(program, tmp_path, words, found):
    (tmp_path / "auditor.yaml").write_text(
        f"{SMALL}systems: [{{id: checkout, name: Checkout, resources: [{{provider: ssh, host: web-1}}]}}]\n"
    )
    count = str(len(words.split(" ")) - 1)
    shown = program(_AUDITOR_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=count)

    assert shown.stdout.split() == found


def test_a_terminal_gets_colours():
    assert ESCAPE in _on_a_terminal("rules")


def test_no_color_is_honoured():
    assert ESCAPE not in _on_a_terminal("rules", NO_COLOR="1")


def test_a_file_gets_no_colours(auditor):
    assert ESCAPE not in auditor("rules").stdout


def _printing_to(stdout: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "auditor", *arguments],
        env=_environment({}),
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=waiting.LIMIT,
        check=False,
    )


@pytest.mark.parametrize("command", ["rules", "schema"])
def test_a_reader_that_goes_away_ends_the_program_quietly(command):
    reader, writer = os.pipe()
    os.close(reader)
    shown = _printing_to(writer, command)
    os.close(writer)

    assert (shown.returncode, shown.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_explained():
    with Path("/dev/full").open("w") as full:
        shown = _printing_to(full.fileno(), "schema")

    assert shown.returncode == 3
    assert shown.stderr == "The output cannot be read or written: No space left on device.\n"


def test_an_interruption_ends_with_130(tmp_path):
    os.mkfifo(tmp_path / "auditor.yaml")
    with subprocess.Popen(
        [sys.executable, "-m", "auditor", "run"], cwd=tmp_path, env=_environment({}), stderr=subprocess.PIPE, text=True
    ) as process:
        writer = os.open(tmp_path / "auditor.yaml", os.O_WRONLY)  # returns once the program waits for what is written
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=waiting.LIMIT)
        os.close(writer)

    assert process.returncode == 130
    assert "Interrupted." in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        ("errors.LockedError('Another run is going.', do='Wait for it.')", 4, "Another run is going.\nWait for it.\n"),
        ("errors.SourceError('The bucket cannot be read.')", 3, "The bucket cannot be read.\n"),
        ("KeyError('x')", 70, "This is a mistake in the auditor"),
    ],
)
def test_errors_become_sentences_and_exit_statuses(raised, status, said):
    code = (
        "import click\nfrom auditor import cli, errors\nfrom auditor.cli import commands\n"
        f"@commands.cli.command()\ndef fail():\n    raise {raised}\n"
        "cli.main()"
    )

    shown = _in_python(code, "fail")

    assert shown.returncode == status
    assert said in shown.stderr
    assert shown.stdout == ""


def test_every_command_has_help_for_every_option():
    for name, command in cli.commands.items():
        shown = CliRunner().invoke(cli, [name, "--help"])
        assert shown.exit_code == 0
        assert all(option.help for option in command.params if option.param_type_name == "option"), name
        assert re.match(r"Usage: cli ", shown.output)
