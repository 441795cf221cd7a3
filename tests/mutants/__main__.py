"""Mutation testing: change one small thing in the program, and see whether a test notices.

A seed takes a sample of each area's changes. Each is tried by the area's tests that ran the changed function, the
quickest first. A change that all of these pass has survived, and is printed with its place; more than 15 of a hundred
in an area fail the run.
"""

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.changes import Mutant, mutants_of, shuffled
from tests.mutants.trying import Houses
from tests.mutants.watch import Seen

AREAS = {
    "rules": (("auditor/rules/",), ("tests/rules", "tests/case", "tests/test_reconcile.py")),
    "case": (
        ("auditor/case/", "auditor/providers/"),
        ("tests/case", "tests/providers", "tests/activity", "tests/rules", "tests/questions"),
    ),
    "collectors": (("collectors/",), ("tests/collectors", "tests/discovery/test_live.py")),
}
MOST_SURVIVORS = 0.15
# Of tests by their time without the change; more of them would only make survivors slower. So many are tried however
# long they took: on a busy machine each takes long.
SECONDS_OF_TESTS = 30
LEAST_TESTS = 50


def tests_of(mutant: Mutant, tests: dict[str, Seen]) -> list[str]:
    """Those that ran the changed function; for what stands outside of any, those that ran one of the file.

    A file of records has no functions; its folder's have.
    """
    alone = not mutant.first_lines and not any(mutant.path in seen.runs for seen in tests.values())
    near = str(Path(mutant.path).parent) if alone else mutant.path
    found = {
        name: seen.seconds
        for name, seen in tests.items()
        if not seen.failed
        and (lines := {line for path, ran in seen.runs.items() if path.startswith(near) for line in ran})
        and (not mutant.first_lines or not lines.isdisjoint(mutant.first_lines))
    }
    chosen, spent = [], 0.0
    for name in sorted(found, key=lambda name: (found[name], name)):
        spent += found[name]
        if len(chosen) >= LEAST_TESTS and spent > SECONDS_OF_TESTS:
            break
        chosen.append(name)
    return chosen


def try_area(area: str, options: argparse.Namespace, pool: ThreadPoolExecutor, houses: Houses) -> bool:
    """Print an area's survivors and their number; returns whether they are few enough."""
    folders, tests = AREAS[area]
    seen = houses.watch(tests)
    for name in sorted(name for name, one in seen.items() if one.failed):
        print(f"{area}: left out, since it fails where nothing is changed: {name}")
    files = {path: text for path, text in houses.files.items() if path.startswith(folders)}
    every = [one for path, text in files.items() for one in mutants_of(text, path)]
    chosen = shuffled([one for one in every if options.only in one.path], options.seed)[: options.most]

    def survives(number: int, mutant: Mutant) -> bool:
        by = tests_of(mutant, seen)
        lives = not by or houses.survives(mutant, by)
        if lives:
            print(f"{number:4}. {mutant}" + ("" if by else " (no test runs it)"), flush=True)
        return lives

    alive = sum(pool.map(survives, range(1, len(chosen) + 1), chosen))
    part = alive / max(len(chosen), 1)
    print(f"{area}: {alive} of {len(chosen)} changes survived, {part:.0%} (there are {len(every)})", flush=True)
    return part <= MOST_SURVIVORS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("areas", nargs="*", metavar="area", help=f"{', '.join(AREAS)}; all if left out")
    parser.add_argument("--seed", default="1", help="another takes another sample")
    parser.add_argument("--most", type=int, default=60, help="changes of each area (default: 60)")
    parser.add_argument("--only", default="", help="only in files with this in their path")
    parser.add_argument("--jobs", type=int, default=2, help="tried at the same time (default: 2)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, ThreadPoolExecutor(options.jobs) as pool:
        houses = Houses(options.jobs, Path(folder))
        few = [try_area(area, options, pool, houses) for area in options.areas or AREAS]
    return 0 if all(few) else 1


if __name__ == "__main__":
    raise SystemExit(main())
