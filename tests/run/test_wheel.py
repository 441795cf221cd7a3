"""The wheel, alone in an environment of its own: everything that a run needs is in it."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from types import SimpleNamespace

import pytest

import auditor
from tests import nightly
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
    """Runs the installed program; its dependencies are those of this environment, which it sees without the checkout."""
    root = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True)
    (site,) = root.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    subprocess.run([*install, "--python", str(root / "bin/python"), str(wheel)], check=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS_"))}

    def run(program, *arguments, cwd):
        command = [str(root / "bin" / program), *arguments]
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return SimpleNamespace(run=run, site=site, root=root)


def test_the_wheel_holds_the_program_and_no_tests(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if ".d" not in top} == {"auditor", "collectors", "reports", "templates"}
    for suffix in (".sql", ".html", ".css", ".js", ".sh", ".yaml"):
        assert any(name.endswith(suffix) for name in names), suffix


def test_it_is_the_installed_package_that_runs(installed, tmp_path):
    found = installed.run("python", "-c", "import auditor; print(auditor.__file__)", cwd=tmp_path)
    assert found.stdout.strip() == str(installed.site / "auditor/__init__.py")
    assert (installed.root / "share/doc/production-access-auditor/crontab.example").is_file()
    shown = installed.run("auditor", "--version", cwd=tmp_path)
    assert shown.stdout == f"auditor, version {auditor.__version__}\n"
    assert "standing/write-access" in installed.run("auditor", "rules", "--markdown", cwd=tmp_path).stdout


def test_a_night_runs_from_another_folder(installed, first_night, tmp_path):
    company = nightly.harbour_shop(tmp_path / "company")
    config = str(company.folder / "auditor.yaml")
    arguments = ("run", "--json", "--at", nightly.FIRST.isoformat(), "--config", config)
    done = installed.run("auditor", *arguments, cwd=tmp_path)
    night = nightly.Night(done.returncode, done.stdout, done.stderr, company.output)
    assert (night.status, night.stderr) == (0, "")
    assert night.report["findings"] == first_night.answer.report["findings"]
    assert {path.name for path in night.folder.iterdir()} == {path.name for path in first_night.answer.folder.iterdir()}
