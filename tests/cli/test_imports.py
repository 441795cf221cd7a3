"""What a command may load: what it does not need must not cost its start."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import nightly, waiting

# Clients of services, what sends messages, draws PDFs or is for the demo.
NEEDLESS = {"apprise", "asyncssh", "boto3", "botocore", "flask", "fontTools", "github", "gitlab", "googleapiclient"}
NEEDLESS |= {"jira", "moto", "pyspark", "requests", "s3fs", "structlog", "weasyprint"}
RULES = "auditor.rules.registry"
ARROW = {"numpy", "pandas", "pyarrow"}
AT = ("--at", nightly.FIRST.isoformat())


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """The modules that the program has loaded when a command is done, and packages; the company has been audited."""

    def loaded(*arguments: str, folder: Path | None = None) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "auditor", *arguments],
            cwd=folder or audited,
            env=nightly.surroundings(),
            capture_output=True,
            text=True,
            timeout=waiting.LIMIT,
            check=False,
        )
        names = [
            line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")
        ]
        assert "auditor.cli" in names, done.stderr[-500:]
        assert done.returncode in (0, 1), done.stderr[-500:]
        assert "leaked" not in done.stderr, done.stderr[-500:]  # as DuckDB says of what garbage is not looked for in
        return {*map(str.strip, names), *(name.partition(".")[0].strip() for name in names)}

    def make(folder: Path) -> None:
        nightly.harbour_shop(folder)
        run = ("run", *AT, "--workers", "1", "--reports", "none", "--quiet")
        assert loaded(*run, folder=folder) & NEEDLESS == set()

    audited = nightly.made_once(tmp_path_factory, "imports", make)
    return loaded


@pytest.mark.parametrize(
    ("arguments", "late"),
    [
        (("policy",), {"duckdb", "jinja2", "pandas", "pyarrow", "rich", "sqlite3"}),
        (("rules",), {"cryptography", "duckdb", "jinja2", "pandas"}),
        (("trend",), {"cryptography", "duckdb", "jinja2", "pandas"}),
        (("findings",), {"cryptography", "duckdb", "pandas"}),
        (("explain", "1"), {"cryptography", "duckdb", "pandas"}),
        (("who", "checkout", *AT), {"cryptography", "duckdb", "jinja2", RULES} | ARROW),
        (("incident", "checkout", "--last", "2h", "--format", "markdown"), {"cryptography", "duckdb", RULES} | ARROW),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_command_loads_no_more_than_it_needs(loaded, arguments, late):
    assert loaded(*arguments) & (NEEDLESS | late) == set()


def test_nobody_waits_for_the_catalogue_of_actions_who_asks_for_no_rights(loaded):
    assert "policy_sentry" not in loaded("rules")


def test_arrow_leaves_pandas_alone_until_it_is_asked_for_a_frame():
    arrays = "import auditor.model.arrow, sys, pyarrow as pa; rows = pa.table({'a': ['one', 'two']}); rows.to_pylist()"
    told = "print('pandas' in sys.modules, rows.to_pandas()['a'].tolist(), 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", f"{arrays}; {told}"], capture_output=True, text=True, check=True)
    assert done.stdout == "False ['one', 'two'] True\n"
