"""`make bench`: measures speed and memory and prints them beside their targets. `--only NAME` runs one of them.

AUDITOR_BENCH_EVENTS sets the size (200_000 is quick, but starting processes weighs more there), AUDITOR_BENCH_ROUNDS
how often each is run, AUDITOR_BENCH_DIR where the archives are kept.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from auditor.cli.terminal.catalogue import markdown_table
from tests.bench import collection, digest, judging, logs, past, reconcile, reports, rights, spark
from tests.bench.measure import Line

BENCHES: dict[str, Callable[[], list[Line]]] = {
    "collect": collection.collect,
    "again": collection.again,
    "logs": logs.logs,
    "attribution": digest.attribution,
    "digest": digest.digest,
    "reconcile": reconcile.reconcile,
    "judging": judging.judging,
    "past": past.past,
    "rights": rights.rights,
    "reports": reports.reports,
    "spark": spark.spark,
}


_HEADINGS = ("", "seconds", "CPU", "MB", "measured", "target", "")
_VERDICTS = {True: "met", False: "MISSED", None: ""}


def main() -> int:
    """Run the benches; 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("--only", choices=BENCHES, action="append", help="run this one; may be given several times")
    parser.add_argument("--write", type=Path, help="put what was measured into this page too, with date and machine")
    chosen = parser.parse_args()
    where, measured = _machine(), dict[str, list[Line]]()
    for name in chosen.only or BENCHES:
        measured[name] = BENCHES[name]()
        Console().print(_table(name, measured[name]))
    if chosen.write:
        chosen.write.write_text("\n".join(_page(measured, where)) + "\n", "utf-8")
    return int(any(line.met is False for lines in measured.values() for line in lines))


def _table(name: str, lines: list[Line]) -> Table:
    table = Table(title=name, title_justify="left")
    for heading in _HEADINGS:
        table.add_column(heading, justify="right" if heading in ("seconds", "CPU", "MB") else "left")
    for line in lines:
        table.add_row(*_cells(line))
    return table


def _cells(line: Line) -> tuple[str, ...]:
    seconds = f"{line.cost.seconds:.2f}" if line.cost else ""
    processor = f"{line.cost.cpu:.2f}" if line.cost and line.cost.cpu else ""
    memory = f"{line.cost.peak_mb:.0f}" if line.cost and line.cost.peak_mb else ""
    return line.what, seconds, processor, memory, line.value, line.target, _VERDICTS[line.met]


def _page(measured: Mapping[str, list[Line]], where: str) -> Iterator[str]:
    """The page of docs that says how fast it is, where and when that was measured."""
    yield "# How fast it is"
    yield ""
    yield f"Measured by `make bench` on {date.today():%-d %B %Y}: {where}."
    yield "Seconds are those of a clock, CPU those of all processes together, MB the most that the largest of them held."
    yield "What stands in one table ran in turns: the ratios are what counts. *Calm* is a CloudTrail archive in which few"
    yield "callers make the same calls again and again; in the *various* one hardly anything repeats, as in a large company."
    for name, lines in measured.items():
        yield from ("", f"## {name}", "", *markdown_table(_HEADINGS, map(_cells, lines)))


def _machine() -> str:
    """What the machine has, and how busy it is; not whose it is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = f"a load of {os.getloadavg()[0]:.1f} when it began"
    return f"{os.cpu_count()} cores, {memory:.0f} GB of memory, Python {platform.python_version()}, {load}"


if __name__ == "__main__":
    raise SystemExit(main())
