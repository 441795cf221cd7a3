"""Each provider has a room of its own, and outside of the rooms nothing names one."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import asdict

from auditor.providers.protocol.logged import LoggedActs
from auditor.providers.registry import PROVIDERS, log_traits

ROOT = Path(__file__).parents[2]
ROOMS = {path.parent.name for path in (ROOT / "auditor/providers").glob("*/provider.py")}
# What rows call it, and what is peculiar to its logs.
_TRAITS = {str(text) for one in asdict(log_traits()).values() for text in one}
NAMES = {*PROVIDERS, *ROOMS, *_TRAITS}
# How its accounts begin, parts of their names, and its actions.
_ACCOUNT = re.compile(
    r"(arn|ssh|gitlab|github|postgres|mysql|user|serviceAccount|identity-center):.*|.*:role/.*|[a-z0-9.-]+:[A-Z]\w+",
    re.DOTALL,
)
_HOUSE = (
    "auditor/case",
    "auditor/rules",
    "auditor/questions",
    "auditor/evidence",
    "auditor/ledger",
    "auditor/activity",
    "auditor/model",
)
_ALLOWED = {
    "auditor/extras.py": "the package's extras by name",
    "auditor/cli/findings.py": "the trackers whose template for requests `policy` prints",
    "auditor/cli/setting_up.py": "the families of sources that `permissions` offers",
    "auditor/cli/terminal/starting.py": "GitLab's issue template, that `init` writes",
    "auditor/model/tables.py": "its columns are described by examples",
    "auditor/providers/registry.py": "the registry",
    "collectors/envelopes.py": "a word of Elastic's",
    "collectors/originals.py": "an object of a bucket is asked for again by AWS's own client",
    "collectors/registry.py": "the registry of what reads",
    "reports/cleanup/registry.py": "the registry of what takes rights away",
}


def house() -> Iterator[Path]:
    """Every file that judges or reports, outside of the rooms."""
    for folder in (*_HOUSE, "auditor/cli"):
        yield from sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".sql"))
    for folder in ("auditor", "auditor/providers", "collectors"):
        yield from sorted((ROOT / folder).glob("*.py"))
    cleanup = {ROOT / f"reports/cleanup/{room}.py" for room in ROOMS}
    yield from (path for path in sorted((ROOT / "reports").rglob("*.py")) if path not in cleanup)


def named(path: Path) -> Iterator[str]:
    """Providers that a file names: in a text of its own or by what it imports."""
    if path.suffix == ".sql":
        statement = re.sub("--.*", "", path.read_text("utf-8"))
        yield from (text for text in re.findall("'(.*?)'", statement) if _names(text.strip("%")))
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Constant(value=str(text)) if _names(text):
                yield f"line {node.lineno}: {text!r}"
            case ast.ImportFrom(module=str(module), names=names):
                parts = module.split(".")
                if parts[:2] == ["auditor", "providers"] or parts[0] in ("collectors", "reports"):
                    yield from (f"line {node.lineno}: {module}" for part in parts if part in NAMES)
                if module.startswith("auditor.config"):
                    own = (
                        one.name for one in names if re.match("(?i)aws|google|gcp|gitlab|postgres|mysql|ssh", one.name)
                    )
                    yield from (f"line {node.lineno}: {name}" for name in own)


def _names(text: str) -> bool:
    return text in NAMES or _ACCOUNT.fullmatch(text) is not None


def test_every_room_is_registered():
    assert {type(one).__module__ for one in PROVIDERS.values()} == {f"auditor.providers.{r}.provider" for r in ROOMS}


def test_no_provider_is_named_outside_of_its_room():
    found = {str(path.relative_to(ROOT)): told for path in house() if (told := list(named(path)))}
    assert {place: told for place, told in found.items() if place not in _ALLOWED} == {}
    assert found.keys() == set(_ALLOWED)


def test_the_guard_sees_names_and_imports(tmp_path):
    path = tmp_path / "some.py"
    path.write_text(
        "from auditor.config.models import AwsResource\nfrom auditor.providers.ssh.rights import ssh_access\n"
        "a = event.provider == 'gcp'\nb = account.startswith('arn:')\nc = 'asked of a host'\n"
    )
    assert [found.partition(":")[0] for found in named(path)] == ["line 1", "line 2", "line 3", "line 4"]
    query = tmp_path / "some.sql"
    query.write_text(
        "-- An 'ssh' session\nSELECT 'ok' WHERE provider = 'ssh' AND key LIKE 'ASIA%' OR action = 'sts:Get'\n"
    )
    assert list(named(query)) == ["ssh", "ASIA%", "sts:Get"]


TOY = '''"""The toy provider."""

from auditor.model.vocabulary import Capability
from auditor.providers.base import StatedProvider
from auditor.providers.protocol.names import AccountName


class Toy(StatedProvider):
    """Toys: accounts in any case, and building deploys."""

    def account_name(self, account: str) -> AccountName | None:
        """`toy:` and a name."""
        return AccountName((account.lower(),)) if account.startswith("toy:") else None

    def capabilities(self, action: str) -> frozenset[Capability]:
        """Building takes the right to deploy."""
        return frozenset({Capability.DEPLOY}) if action == "toy:Build" else frozenset()
'''

ASKED = """
import json
from auditor.case.access import rights
from auditor.case.people import People
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Grant
from auditor.providers.registry import provider
from tests.cases import AT, config, row

place = {"provider": "other", "name": "toy", "account": "playground"}
settings = config(
    people=[{"id": "sam", "name": "Sam", "accounts": ["toy:sam"]}],
    service_accounts=[], break_glass=[], policy={}, jobs={},
    systems=[{"id": "checkout", "name": "Checkout", "resources": [place]}],
)
held = Grant(**row(principal="toy:SAM", role="builder", resource="playground", provider="toy", capabilities=("deploy",)))
(path,) = rights(settings, Snapshots(grants=[held]), People(settings).who, AT).access
can = sorted(provider("toy").capabilities("toy:Build"))
print(json.dumps([type(provider("toy")).__name__, path.person, path.system, can]))
"""


def test_a_new_provider_takes_one_file_and_its_line_in_the_registry(tmp_path):
    shutil.copytree(ROOT / "auditor", tmp_path / "auditor", ignore=shutil.ignore_patterns("__pycache__", "demo"))
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    room, registry = tmp_path / "auditor/providers/toy", tmp_path / "auditor/providers/registry.py"
    room.mkdir()
    (room / "provider.py").write_text(TOY)
    before = registry.read_text()
    after = before.replace('    "github": Github,\n}', '    "github": Github,\n    "toy": Toy,\n}')
    after = after.replace(
        "\nfrom auditor.providers.ssh", "\nfrom auditor.providers.toy.provider import Toy\nfrom auditor.providers.ssh"
    )
    assert len(set(after.splitlines()) - set(before.splitlines())) == 2
    registry.write_text(after)
    asked = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.stderr == ""
    assert json.loads(asked.stdout) == ["Toy", "sam", "checkout", ["deploy"]]


def test_what_an_access_broker_was_asked_is_read_of_each_provider_that_has_one():
    for one in PROVIDERS.values():
        assert (type(one).requests is not LoggedActs.requests) == one.HAS_BROKER, one.name
