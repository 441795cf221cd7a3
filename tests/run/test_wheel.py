"""The wheel, alone in an environment of its own: everything that a run needs is in it."""

import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from importlib import metadata as distributions
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

import auditor
from auditor.config.signals import SIGNAL_KINDS
from auditor.model.tables import Coverage
from collectors.registry import COLLECTORS
from tests import nightly, waiting
from tests.nightly import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel as the release makes it."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    made = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Runs the program as `pip install production-access-auditor` leaves it: without an extra, without the checkout."""
    root = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True)
    (site,) = root.glob("lib/python*/site-packages")
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    subprocess.run([*install, "--python", str(root / "bin/python"), str(wheel)], check=True)
    (metadata,) = site.glob("production_access_auditor-*.dist-info")
    for package in with_dependencies(distributions.Distribution.at(metadata).requires):
        link(package, site)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS_"))}

    def run(program, *arguments, cwd):
        command = [str(root / "bin" / program), *arguments]
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=waiting.LIMIT, check=False
        )

    return SimpleNamespace(run=run, site=site, root=root)


def with_dependencies(requirements):
    """The installed packages that requirements come to when no extra of ours is asked for."""
    found, waiting = {}, [(Requirement(requirement), "") for requirement in requirements]
    while waiting:
        asked, extra = waiting.pop()
        if asked.marker is not None and not asked.marker.evaluate({"extra": extra}):
            continue
        package = distributions.distribution(asked.name)
        wanted = {"", *asked.extras} - found.setdefault(package.name, set())
        found[package.name] |= wanted
        waiting += [(Requirement(more), one) for one in wanted for more in package.requires or ()]
    return [distributions.distribution(name) for name in found]


def link(package, site):
    """Put an installed package into another environment."""
    for file in package.files:
        if ".." not in file.parts and "__pycache__" not in file.parts:
            place = site / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(package.locate_file(file))
            # Compiled already, beside the very same sources: compiling takes seconds.
            compiled, cache = package.locate_file(file).parent / "__pycache__", place.parent / "__pycache__"
            if file.suffix == ".py" and compiled.is_dir() and not cache.exists():
                cache.symlink_to(compiled)


def test_the_wheel_holds_the_program_and_no_tests(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if ".d" not in top} == {"auditor", "collectors", "reports", "templates"}
    for suffix in (".sql", ".html", ".css", ".js", ".sh", ".yaml"):
        assert any(name.endswith(suffix) for name in names), suffix
    needed = [*(ROOT / "auditor/demo").glob("*.yaml"), *(ROOT / "templates").rglob("*.*")]
    assert {str(path.relative_to(ROOT)) for path in needed} <= set(names)


def test_it_is_the_installed_package_that_runs(installed, tmp_path):
    found = installed.run("python", "-c", "import auditor; print(auditor.__file__)", cwd=tmp_path)
    assert found.stdout.strip() == str(installed.site / "auditor/__init__.py")
    examples = installed.root / "share/doc/production-access-auditor"
    assert (examples / "crontab.example").is_file()
    assert (examples / "examples/systemd/auditor-nightly.timer").is_file()
    shown = installed.run("auditor", "--version", cwd=tmp_path)
    assert shown.stdout == f"auditor, version {auditor.__version__}\n"
    assert "standing/write-access" in installed.run("auditor", "rules", "--markdown", cwd=tmp_path).stdout


def test_a_night_runs_from_another_folder(installed, first_night, tmp_path):
    company = nightly.harbour_shop(tmp_path / "company")
    config = str(company.folder / "auditor.yaml")
    reports = ("--reports", "page,csv,cleanup")  # the pack takes as long as all the rest, and only its templates more
    arguments = ("run", "--json", "--at", nightly.FIRST.isoformat(), "--config", config, *reports)
    done = installed.run("auditor", *arguments, cwd=tmp_path)
    night = nightly.Night(done.returncode, done.stdout, done.stderr, company.output)
    assert (night.status, night.stderr) == (0, "")
    assert night.report["findings"] == first_night.answer.report["findings"]
    usual = {path.name for path in first_night.answer.folder.iterdir()}
    assert {path.name for path in night.folder.iterdir()} == usual - {"report.pdf"}


def test_its_bill_of_materials_tells_packages_licences_and_what_needs_what(installed, tmp_path):
    (recipe,) = re.findall(r"cyclonedx-py (.*\\\n.*)\$\(SBOM\)", (ROOT / "Makefile").read_text())
    options = shlex.split(recipe.replace("\\\n", " "))
    options[options.index("--output-file") + 1] = str(tmp_path / "bill.json")
    # `make build` compares it with CycloneDX's schema as well, which takes ten times as long as to make it.
    command = [sys.executable, "-m", "cyclonedx_py", *options, "--no-validate", str(installed.root)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=waiting.LIMIT)
    bill = json.loads((tmp_path / "bill.json").read_text())
    root = bill["metadata"]["component"]
    assert (bill["bomFormat"], root["name"]) == ("CycloneDX", "production-access-auditor")
    components = {component["name"]: component for component in bill["components"]}
    assert components["pyarrow"]["purl"].startswith("pkg:pypi/pyarrow@")
    assert components["duckdb"]["licenses"]
    assert "moto" not in components
    assert any(one["ref"] == root["bom-ref"] and one.get("dependsOn") for one in bill["dependencies"])


GITLAB = {"url": "http://localhost:1", "token_env": "HOME"}
LIVE = {
    "aws": [
        {"kind": "aws-iam", "account": nightly.AWS},
        {"kind": "aws-cloudtrail", "bucket": "harbour-trail"},
        {"kind": "aws-cloudtrail", "lookup": True},
        {"kind": "aws-identity-center"},
        {"kind": "aws-organizations"},
        {"kind": "aws-ec2-keys", "account": nightly.AWS},
        {"kind": "aws-resource-policies", "account": nightly.AWS},
        {"kind": "aws-resources", "account": nightly.AWS},
        {"kind": "team-requests", "table": "requests"},
    ],
    "github": [
        {"kind": "github-access", "organizations": ["harbour"], "token_env": "HOME"},
        {"kind": "github-activity", "repositories": ["harbour/shop"], "token_env": "HOME"},
        {"kind": "github-tickets", "repositories": ["harbour/change"], "token_env": "HOME"},
    ],
    "gitlab": [
        {"kind": "gitlab-access", "groups": ["harbour"], **GITLAB},
        {"kind": "gitlab-activity", "projects": ["harbour/shop"], **GITLAB},
        {"kind": "gitlab-tickets", "projects": ["harbour/shop"], **GITLAB},
    ],
    "database": [
        {"kind": "postgres-access", "instance": "db", "host": "localhost", "password_env": "HOME"},
        {"kind": "mysql-access", "instance": "db", "host": "localhost", "password_env": "HOME"},
    ],
    "slack": [{"kind": "slack-approvals", "channels": ["C0123456789"], "token_env": "HOME"}],
    "oncall": [{"kind": "on-call", "url": "https://rota.harbour.example/duty.ics", "systems": ["checkout"]}],
    "google": [
        {"kind": "gcp-iam", "scope": "projects/harbour"},
        {"kind": "google-pam", "scopes": ["projects/harbour"]},
        {"kind": "gcp-ssh-keys", "project": "harbour"},
        {"kind": "gcp-audit-logs", "project": "harbour"},
    ],
    "jira": [{"kind": "jira-tickets", "projects": ["OPS"], **GITLAB}],
    "ssh": [
        {"kind": "ssh-keys", "hosts": ["localhost:1"], "user": "auditor"},
        {"kind": "ssh-logins", "hosts": ["localhost:1"], "user": "auditor"},
    ],
}


# What is read from files alone, or asked with nothing but requests.
PLAIN = {
    "tickets-file",
    "teleport-requests",
    "postgres-logs",
    "vault-events",
    "vault-audit",
    "vpn-groups",
    *SIGNAL_KINDS,
}


def test_every_kind_of_source_is_tried_without_its_client():
    assert {source["kind"] for sources in LIVE.values() for source in sources} == {*COLLECTORS} - PLAIN


def test_without_a_client_a_source_says_which_extra_to_install(installed, tmp_path):
    company = nightly.harbour_shop(tmp_path / "company")
    live = {f"{extra}-{number}": source for extra, sources in LIVE.items() for number, source in enumerate(sources)}
    company.with_sources(*({"name": name, **source} for name, source in live.items()))
    config = str(company.folder / "auditor.yaml")
    done = installed.run("auditor", "collect", "--at", nightly.FIRST.isoformat(), "--config", config, cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    lines = company.store.read(Coverage, company.store.parts(Coverage)).to_pylist()
    assert {line["status"] for line in lines if line["source"] == "trail"} == {"ok"}
    for name in live:
        (told,) = (line for line in lines if line["source"] == name)
        assert told["status"] == "failed"
        extra = name.partition("-")[0]
        assert told["reason"].endswith(
            f" is not installed: install the extra that brings it, production-access-auditor[{extra}]."
        ), name


def test_without_its_servers_the_demo_says_what_to_install(installed, tmp_path):
    done = installed.run("auditor", "demo", cwd=tmp_path)
    assert done.returncode == 2
    assert (
        done.stderr.strip()
        == "flask is not installed: install the extra that brings it, production-access-auditor[demo]."
    )
    assert list(tmp_path.iterdir()) == []


def test_without_its_client_a_store_says_what_to_install(installed, tmp_path):
    done = installed.run("auditor", "verify", "--evidence", "s3://evidence/harbour", cwd=tmp_path)
    assert done.returncode == 3
    assert "install the extra that brings it, production-access-auditor[s3]." in done.stderr
