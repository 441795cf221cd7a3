"""Runs tests in copies of the house, each time in a process of its own that has loaded what is slow to load."""

import multiprocessing
import os
import resource
import shutil
import signal
import sys
from pathlib import Path
from queue import Queue

from tests.mutants.changes import Mutant
from tests.mutants.watch import CODE, ROOT, Seen, Watch, kept, mark

# Slow ones run what quick ones run too, with more around it.
_QUICK = "not field and not cluster and not slow and not browser"
# Seconds of processor time that a change's tests may take: one that makes a loop endless is noticed too. On a busy
# machine they take many times as long by the clock, by which only what waits for ever is given up.
LIMIT, LONGEST = 120, 3000
_NEEDLESS = shutil.ignore_patterns(".venv", ".git", ".cache", ".*_cache", ".hypothesis", "build", "dist")
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    ["asyncssh", "boto3", "duckdb", "moto.server", "pyarrow.compute", "pydantic", "pytest"]
)


class Choose:
    """A plugin of pytest: keeps these tests only, in this order."""

    def __init__(self, tests: list[str]) -> None:
        self.order = {name: number for number, name in enumerate(tests)}

    def pytest_collection_modifyitems(self, items) -> None:
        items[:] = sorted((one for one in items if one.nodeid in self.order), key=lambda one: self.order[one.nodeid])


class Houses:
    """Copies of the house, one for each mutant that is tried at the same time; the house itself may change meanwhile."""

    def __init__(self, count: int, folder: Path) -> None:
        self._free: Queue[Path] = Queue()
        # A database's server is a user of its own.
        folder.chmod(0o755)
        places = [folder / f"{number}" for number in range(count)]
        for place in places:
            shutil.copytree(ROOT, place, symlinks=True, ignore=_NEEDLESS)
            (temporary := folder / f"tmp-{place.name}").mkdir()
            temporary.chmod(0o1777)
            self._free.put(place)
        code = sorted(path for folder in CODE for path in (places[0] / folder).rglob("*.py"))
        self.files = {str(path.relative_to(places[0])): path.read_text() for path in code}

    def watch(self, tests: tuple[str, ...]) -> dict[str, Seen]:
        """What each of these tests runs, where nothing is changed."""
        house = self._free.get()
        child = _PROCESSES.Process(target=_watch, args=(house, tests))
        child.start()
        child.join()
        self._free.put(house)
        return {name: seen for name, seen in kept().tests.items() if name.startswith(tests)}

    def survives(self, mutant: Mutant, tests: list[str]) -> bool:
        """Whether all of these tests pass with a change in the code."""
        house = self._free.get()
        file = house / mutant.path
        times = file.stat()
        try:
            file.write_text(mutant.source)
            child = _PROCESSES.Process(target=_attempt, args=(house, tests))
            child.start()
            child.join(LONGEST)
            if child.is_alive():
                os.killpg(child.pid, signal.SIGKILL)
                child.join()
            return child.exitcode == 0
        finally:
            file.write_text(mutant.text)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
            self._free.put(house)


def _watch(house: Path, tests: tuple[str, ...]) -> None:
    watch = Watch(house)
    mark(house, watch.ran.add)
    _pytest(house, ("-m", _QUICK, *tests), watch)


def _attempt(house: Path, tests: list[str]) -> None:
    files = {name.partition("::")[0]: None for name in tests}
    # A file that was changed and changed back within a second looks like the one that was compiled.
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))
    os._exit(_pytest(house, ("-x", *files), Choose(tests)))


def _pytest(house: Path, arguments: tuple[str, ...], plugin: object) -> int:
    import pytest

    os.setsid()
    os.chdir(house)
    sys.path[:] = [str(house), *(place for place in sys.path if place not in ("", str(ROOT)))]
    for name in [name for name in sys.modules if name == "tests" or name.startswith("tests.")]:
        del sys.modules[name]
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(house.parent / f"tmp-{house.name}")}
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    return int(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments], plugins=[plugin]))
