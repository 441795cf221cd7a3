"""What people see: tables, progress bars and diagnostics. Rich is imported only when something is drawn."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TextIO

import click

from auditor.errors import AuditorError
from reports.words import shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID
    from rich.table import Table

    from auditor.options import Explanation, Progress
    from auditor.rules.base import Rule

_MOST = 15
_LOG_WIDTH = 120  # where there is no terminal to ask


def say(text: str = "", *, error: bool = False) -> None:
    """One line, safe to print whatever it quotes; at a terminal it is broken between words where it is wider."""
    stream = sys.stderr if error else sys.stdout
    lines = _fitted(shown(text), shutil.get_terminal_size().columns) if stream.isatty() else [shown(text)]
    click.echo("\n".join(lines), err=error)


def _fitted(text: str, width: int) -> list[str]:
    """Lines of a width; what follows the first stands under its last column, and a remark of YAML stays one."""
    if len(text) <= width:
        return [text]
    columns = [found.end() for found in re.finditer(r"^ +|  +(?=\S)", text[: width // 2])]
    hung = " " * columns[-1] if columns else ""
    hung += "# " if text[len(hung) :].startswith("# ") else ""
    lines = textwrap.wrap(text, width, subsequent_indent=hung, break_long_words=False, break_on_hyphens=False)
    return lines if len(lines[0]) > len(hung) and len(lines) > 1 else [text]  # a long path beside its name is whole


def say_lines(lines: Iterable[str]) -> None:
    """Lines on stdout."""
    for line in lines:
        say(line)


def say_section(
    title: str, lines: Iterable[str | tuple[str, ...]], rest: str, most: int = _MOST, indent: str = "  "
) -> None:
    """A heading, with how many things stand below it, the first of them, and where the `rest` is; nothing of none."""
    told = list(lines)
    if not told:
        return
    say()
    say(f"{title} ({len(told):,})")
    for line in told[:most]:
        say_lines([line] if isinstance(line, str) else line)
    if len(told) > most:
        say(f"{indent}and {len(told) - most:,} more{rest}")


def diagnose(error: AuditorError) -> None:
    """An error's sentences on stderr, the most important first."""
    for sentence in error.diagnostics():
        say(sentence, error=True)


def console(stream: TextIO | None = None) -> Console:
    """Rich on stdout, or on another stream: no colours with NO_COLOR or without a terminal."""
    from rich.console import Console

    stream = stream or sys.stdout
    return Console(
        file=stream,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        highlight=False,
        emoji=False,
        width=None if stream.isatty() or os.environ.get("COLUMNS") else _LOG_WIDTH,
    )


def print_rules(rules: Iterable[Rule]) -> None:
    """The catalogue of rules, without the controls: those need a wider page."""
    from auditor.cli.terminal.catalogue import RULE_HEADS, rule_rows

    _draw(_table("", RULE_HEADS[:3], (row[:3] for row in rule_rows(rules))))


def print_rows(title: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A table, whole."""
    _draw(_table(title, heads, rows))


def print_trend(rows: Iterable[Mapping[str, Any]]) -> None:
    """Every run in numbers, oldest first; a run's name is its time."""
    from reports.exposure import hours

    table = _table(
        "",
        ("run", "new", "open", "gone", "again", "can\nchange", "policy", "changes", "rose\nafter", "hours\nopen"),
        (),
    )
    for row in rows:
        possible = row["minutes_possible"]
        told = [value for name, value in row.items() if name != "at" and not name.startswith("minutes_")]
        cells = (*told, None if possible is None else f"{hours(possible):,}")
        table.add_row(*("·" if value is None else shown(str(value)) for value in cells))
    table.columns[0].no_wrap = True
    table.padding, table.show_edge, table.pad_edge = (0, 1, 0, 0), False, False  # ten columns fit a terminal of 80
    for column in table.columns[1:]:
        column.justify = "right"
    _draw(table)


def print_explanation(explanation: Explanation) -> None:
    """How a finding came about, step by step."""
    finding = explanation.finding
    say(f"{finding.id}  {finding.rule}  {finding.severity}")
    say(finding.summary)
    say(finding.why)
    for number, step in enumerate(explanation.steps, start=1):
        say()
        say(f"{number}. {step.title}")
        for line in (part for text in step.lines for part in text.splitlines()):
            say(f"   {line}")
    say()
    say(f"Next step: {finding.next_step}")


@contextlib.contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """Progress bars on stderr; nothing where it is not a terminal, or when asked to be quiet."""
    from auditor.options import Silence

    if quiet or not sys.stderr.isatty():
        yield Silence()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Bars(*columns, console=console(sys.stderr)) as bars:
        yield ProgressBars(bars)


class ProgressBars:
    """One bar for each stage or source."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def start(self, name: str, total: int | None = None) -> None:
        """A new bar; without a total, one that only shows that something is going on."""
        self._tasks[name] = self._bars.add_task(shown(name), total=total, note="")

    def advance(self, name: str, steps: int = 1) -> None:
        """Move the bar."""
        self._bars.advance(self._tasks[name], steps)

    def done(self, name: str, note: str = "") -> None:
        """Fill the bar."""
        task = self._tasks[name]
        steps = next(bar.completed for bar in self._bars.tasks if bar.id == task)
        self._bars.update(task, total=steps or 1, completed=steps or 1, note=shown(note))


def _draw(table: Table) -> None:
    """On stdout, as plain text: Rich itself would end the program with 1 when a reader goes away."""
    out = console()
    with out.capture() as captured:
        out.print(table)
    click.echo(captured.get(), nl=False)


def _table(title: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(*heads, title=title or None, title_justify="left", box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*(escape(shown(cell)) for cell in row))
    for column in table.columns:
        column.overflow = "fold"
    return table
