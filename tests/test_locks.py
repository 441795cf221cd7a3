"""Every extra that a locked package asks for stands in a locked line; pip and uv take nothing else."""

import functools
import itertools
import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HOUSE = Path(__file__).parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-build.txt")
# PySpark and what it needs: 400 MB that only a slow target installs.
SPARK = "requirements-spark.txt"
# What a lock is for: the oldest and the newest Python, on both kinds of machine.
ENVIRONMENTS = [
    {
        **default_environment(),
        "python_version": version,
        "python_full_version": f"{version}.1",
        "sys_platform": platform,
    }
    for version in ("3.11", "3.14")
    for platform in ("linux", "darwin")
]

Metadata = Mapping[str, Iterable[str]]
# The same are asked for in each environment: to read them takes longer than all else.
requirement = functools.cache(Requirement)


def locked_lines(text: str) -> list[Requirement]:
    return [Requirement(line) for line in re.findall(r"(?m)^([a-z0-9][^\\#\n]*==[^\\\n]*)", text)]


def unlocked_extras(lines: list[Requirement], metadata: Metadata) -> set[str]:
    """What the packages of a lock ask for with an extra that the lock does not have: `who: package[extra]`.

    `metadata` holds each package's Requires-Dist.
    """
    missing = set()
    for environment in ENVIRONMENTS:
        there = [line for line in lines if line.marker is None or line.marker.evaluate(environment)]
        extras = {canonicalize_name(line.name): {canonicalize_name(extra) for extra in line.extras} for line in there}
        for name, own in extras.items():
            for asked in map(requirement, metadata.get(name, ())):
                chosen = ({**environment, "extra": extra} for extra in ("", *own))
                if asked.marker is not None and not any(map(asked.marker.evaluate, chosen)):
                    continue
                found = extras.get(canonicalize_name(asked.name), set())
                missing |= {
                    f"{name}: {asked.name}[{extra}]" for extra in asked.extras if canonicalize_name(extra) not in found
                }
    return missing


def installed_metadata(lines: list[Requirement]) -> dict[str, list[str]]:
    """The Requires-Dist of those locked packages that are installed here in the locked version."""
    found = {}
    for line in lines:
        try:
            installed = distribution(line.name)
        except PackageNotFoundError:
            continue
        if line.specifier.contains(installed.version):
            found[canonicalize_name(line.name)] = installed.requires or []
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_extra_that_a_locked_package_asks_for_is_locked(lock):
    lines = locked_lines((HOUSE / lock).read_text("utf-8"))
    metadata = installed_metadata(lines)

    assert len(metadata) > 0.8 * len(lines), "this environment is not the locked one: run `make setup`"
    assert unlocked_extras(lines, metadata) == set()


def test_the_lock_holds_what_every_extra_asks_for():
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    lines = [line for lock in (LOCKS[0], SPARK) for line in locked_lines((HOUSE / lock).read_text("utf-8"))]
    locked = {canonicalize_name(line.name): line.extras for line in lines}
    for requirement in map(Requirement, asked):
        if requirement.name != project["name"]:
            assert requirement.extras <= locked[canonicalize_name(requirement.name)], requirement


TRESTLE = "compliance-trestle==5.0.2 \\\n    --hash=sha256:aa\n"


@pytest.mark.parametrize(
    ("lock", "metadata", "missing"),
    [
        (
            "pydantic==2.14.3",
            {"compliance-trestle": ["pydantic[email]>=2.11"]},
            {"compliance-trestle: pydantic[email]"},
        ),
        ("pydantic[email]==2.14.3", {"compliance-trestle": ["pydantic[email]>=2.11"]}, set()),
        (
            "pydantic[email]==2.14.3",
            {"compliance-trestle": ["Pydantic[E_mail]>=2"]},
            {"compliance-trestle: Pydantic[E_mail]"},
        ),
        # An extra that is locked asks in its turn; one that is not does not.
        ("pydantic[email]==2.14.3\nidna==3", {"pydantic": ["idna[all]; extra == 'email'"]}, {"pydantic: idna[all]"}),
        ("pydantic==2.14.3\nidna==3", {"pydantic": ["idna[all]; extra == 'email'"]}, set()),
        # A line for one platform is no line for the other, and what only an old Python asks for is not asked.
        (
            "idna[all]==3 ; sys_platform == 'linux'",
            {"compliance-trestle": ["idna[all]"]},
            {"compliance-trestle: idna[all]"},
        ),
        ("idna==3", {"compliance-trestle": ["idna[all]; python_version < '3.10'"]}, set()),
    ],
)
def test_the_check_bites(lock, metadata, missing):
    assert unlocked_extras(locked_lines(f"{TRESTLE}{lock} \\\n    --hash=sha256:bb\n"), metadata) == missing


def test_the_locks_of_old_would_have_failed():
    text = (HOUSE / "requirements-dev.txt").read_text("utf-8")
    bare = [Requirement(re.sub(r"\[.*?\]", "", str(line))) for line in locked_lines(text)]

    assert "compliance-trestle: pydantic[email]" in unlocked_extras(bare, installed_metadata(bare))
