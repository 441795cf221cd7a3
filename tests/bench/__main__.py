"""`make bench`: measures speed and memory and prints them beside their targets. `--only NAME` runs one of them.

AUDITOR_BENCH_EVENTS sets the size (200_000 is quick, but starting processes weighs more there), AUDITOR_BENCH_ROUNDS
how often each is run, AUDITOR_BENCH_DIR where the archives are kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from tests.bench import collection, digest, past, reconcile, reports, rights
from tests.bench.measure import Line

BENCHES: dict[str, Callable[[], list[Line]]] = {
    "collect": collection.collect,
    "again": collection.again,
    "attribution": digest.attribution,
    "digest": digest.digest,
    "reconcile": reconcile.reconcile,
    "past": past.past,
    "rights": rights.rights,
    "reports": reports.reports,
}


def main() -> int:
    """Run the benches; 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("--only", choices=BENCHES, action="append", help="run this one; may be given several times")
    names = parser.parse_args().only or list(BENCHES)
    missed = False
    for name in names:
        lines = BENCHES[name]()
        Console().print(_table(name, lines))
        missed |= any(line.met is False for line in lines)
    return int(missed)


def _table(name: str, lines: list[Line]) -> Table:
    table = Table(title=name, title_justify="left")
    for heading in ("", "seconds", "CPU", "MB", "measured", "target", ""):
        table.add_column(heading, justify="right" if heading in ("seconds", "CPU", "MB") else "left")
    verdicts = {True: "met", False: "MISSED", None: ""}
    for line in lines:
        seconds = f"{line.cost.seconds:.2f}" if line.cost else ""
        processor = f"{line.cost.cpu:.2f}" if line.cost and line.cost.cpu else ""
        memory = f"{line.cost.peak_mb:.0f}" if line.cost and line.cost.peak_mb else ""
        table.add_row(line.what, seconds, processor, memory, line.value, line.target, verdicts[line.met])
    return table


if __name__ == "__main__":
    raise SystemExit(main())
