"""Which functions of the house each test runs, and how long it takes: kept, and seen again where a file has changed."""

import ast
import builtins
import sys
from collections.abc import Callable
from hashlib import sha256
from importlib.machinery import FileFinder, SourceFileLoader
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".cache" / "mutants.json"
CODE = ("auditor", "collectors")


class Seen(msgspec.Struct):
    """Of one test: its time, whether it failed, and by file the first lines of the functions that it ran."""

    seconds: float = 0.0
    failed: bool = False
    runs: dict[str, set[int]] = {}


class Kept(msgspec.Struct):
    """What was seen of each test, while each file's bytes had this digest."""

    digests: dict[str, str]
    tests: dict[str, Seen]


def kept(file: Path = KEPT) -> Kept:
    return msgspec.json.decode(file.read_bytes(), type=Kept) if file.exists() else Kept({}, {})


class Watch:
    """A plugin of pytest: runs the tests of which nothing is kept, or that ran something else then, and keeps them all."""

    def __init__(self, house: Path, file: Path = KEPT) -> None:
        self.file = file
        files = (file for folder in (*CODE, "tests") for file in (house / folder).rglob("*.py"))
        self.digests = {str(file.relative_to(house)): sha256(file.read_bytes()).hexdigest() for file in files}
        before = kept(file)
        same = {path for path, digest in before.digests.items() if self.digests.get(path) == digest}
        self.tests = {
            name: seen
            for name, seen in before.tests.items()
            if same.issuperset((name.partition("::")[0], *seen.runs)) and not seen.failed
        }
        self.ran: set[tuple[str, int]] = set()

    def pytest_collection_modifyitems(self, items) -> None:
        items[:] = [one for one in items if one.nodeid not in self.tests]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.tests[nodeid] = Seen()
        self.ran.clear()

    def pytest_runtest_logreport(self, report) -> None:
        seen = self.tests[report.nodeid]
        seen.seconds += report.duration
        seen.failed |= report.failed

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        runs = self.tests[nodeid].runs
        for path, line in self.ran.copy():
            runs.setdefault(path, set()).add(line)

    def pytest_sessionfinish(self) -> None:
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_bytes(msgspec.json.encode(Kept(self.digests, self.tests)))


def mark(house: Path, ran: Callable[[tuple[str, int]], object]) -> None:
    """Let each function of a house that is loaded from now on tell its place: a tracer would take three times as long."""

    class Marking(SourceFileLoader):
        def get_code(self, fullname):
            tree = marked(self.get_data(self.path), str(Path(self.path).relative_to(house)))
            return compile(tree, self.path, "exec", dont_inherit=True)

    finder = FileFinder.path_hook((Marking, [".py"]))

    def hook(path: str) -> FileFinder:
        if not path.startswith(tuple(f"{house / folder}" for folder in CODE)):
            raise ImportError
        return finder(path)

    builtins.__ran__ = ran
    sys.path_hooks.insert(0, hook)


def marked(text: bytes, path: str) -> ast.Module:
    """A module whose functions begin with telling `__ran__` the path and their first line."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            (tell,) = ast.parse(f"__ran__({(path, node.lineno)!r})").body
            # What stands first is the docstring.
            node.body.insert(ast.get_docstring(node) is not None, tell)
    return tree
