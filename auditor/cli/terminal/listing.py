"""The morning in a terminal: findings as one line each, by which they can be named again."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote
from shutil import which
from typing import Any

from auditor.cli.terminal.screen import say, say_lines, say_section
from auditor.cli.terminal.summary import Summary
from auditor.model.findings import Finding
from auditor.model.groups import grouped
from auditor.model.strangers import FIRST_RUN, WHO, Stranger, strangers, undeclared
from auditor.model.vocabulary import Severity
from reports.coverage import named
from reports.words import plural

_CONFIG = Path("auditor.yaml")
_HERE: Mapping[str, Any] = {"config": _CONFIG}
_PROGRAMS = "for programs"
_ID = 8  # signs of an id that are shown; commands take as many, or more
Numbered = tuple[int, Finding]


def print_findings(findings: Sequence[tuple[int, Finding]]) -> None:
    """Each with its number, the beginning of its id, severity, standing and one line."""
    for number, finding in findings:
        say(f"{number:>4}  {finding.id[:_ID]}  {finding.severity:<8}  {finding.status:<8}  {finding.summary}")


def print_summary(summary: Summary, place: Mapping[str, Any] = _HERE) -> None:
    """What changed, what still presses, what was not seen, where everything is, and what to do next by the options."""
    if summary.first:
        say(FIRST_RUN)
    new, strangers = apart(summary.new)
    _section(
        f"{WHO}: accounts that auditor.yaml does not know, for `accounts` of a person or a service account",
        naming_lines(strangers),
        "auditor findings --rule standing/unknown-person",
    )
    _section("New tonight", _lines(new), "auditor findings --new")
    _section("Gone tonight", [f"      {_line(known.id, known.severity, known.summary)}" for known in summary.gone], "")
    _section("Refused since cleanup scripts took rights away", [f"      {said}" for said in summary.refused], "")
    _section("Still open, critical and high", _lines(summary.pressing), "auditor findings --severity high")
    _section("Could not be judged: how many, by which rules, and why", _columns([*_unjudged(summary)]), "")
    seen = [(named(one), one.status, one.reason or "") for one in summary.problems]
    _section("Not seen, or only in part", _columns(seen), "")
    say()
    say(_verdict(summary))
    say_lines(_written(summary.files))
    if worst := summary.new or summary.pressing:
        say(f"Next: {_program()} explain {worst[0][0]}{_by(place)}")


def _written(files: Mapping[str, Path]) -> Iterator[str]:
    """Where everything is: a line for each that people read, one for what programs do."""
    lines = [(what, str(_near(path))) for what, path in files.items() if path.suffix != ".json"]
    by_folder = grouped((path.parent, path.name) for path in files.values() if path.suffix == ".json")
    lines += [(_PROGRAMS, f"{', '.join(names)} in {_near(folder)}") for folder, names in by_folder.items()]
    width = max((len(what) for what, _ in lines), default=0)
    yield from (f"  {what:<{width}}  {where}" for what, where in lines)


def _unjudged(summary: Summary) -> Iterator[tuple[str, str, str]]:
    """Each reason once, that of most subjects first, with the rules that it concerns."""
    alike: dict[str, dict[str, int]] = {}
    for (rule, reason), count in summary.not_judged.items():
        alike.setdefault(reason, {})[rule] = count
    for reason, counts in sorted(alike.items(), key=lambda entry: -sum(entry[1].values())):
        first, *others = counts
        yield f"{sum(counts.values()):,}", f"{first} and {len(others)} more" if others else first, reason


def _lines(findings: Sequence[tuple[int, Finding]]) -> list[str]:
    return [f"{number:>4}  {_line(one.id, one.severity, one.summary)}" for number, one in findings]


def _line(name: str, severity: Severity, summary: str) -> str:
    return f"{name[:_ID]}  {severity:<8}  {summary}"


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, all but their last cell in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    return ["  ".join(("    ", *map(str.ljust, row, widths), row[-1])) for row in rows]


def _section(title: str, lines: Sequence[str | tuple[str, ...]], rest: str) -> None:
    """A heading with its lines; `rest` is the command that lists them all."""
    say_section(title, lines, f": {rest or 'in the report'}", indent="      ")


def _verdict(summary: Summary) -> str:
    said = []
    if summary.run is not None:
        counts = ", ".join(f"{summary.of(one):,} {one}" for one in reversed(Severity) if summary.of(one))
        said.append(f"{plural(len(summary.findings), 'finding')}{f': {counts}' if counts else ''}.")
    if summary.excepted:
        said.append(f"{plural(summary.excepted, 'more finding')} under an exception.")
    if summary.run is not None:
        said.append(f"{plural(summary.clear, 'question')} answered with nothing found.")
    if not summary.complete:
        said.append("The audit is incomplete: see above.")
    else:
        said.append(
            "Everything that was configured was read." + (" Not all could be judged." * bool(summary.not_judged))
        )
    return " ".join(said)


def _by(place: Mapping[str, Any]) -> str:
    """The options that lead another command to the same run; an address goes as it is."""
    told = {name: place.get(name) for name in ("config", "evidence", "output")}
    near = {name: one if "://" in str(one) else str(_near(Path(one))) for name, one in told.items() if one}
    return "".join(f" --{name} {quote(one)}" for name, one in near.items() if (name, one) != ("config", str(_CONFIG)))


def _program() -> str:
    """How the auditor is started from here: by its name where the shell finds it."""
    started = Path(sys.argv[0])
    elsewhere = started.name == "auditor" and which("auditor") is None
    return quote(str(_near(started))) if elsewhere else "auditor"


def _near(path: Path) -> Path:
    """Relative to where the reader is, when it lies below."""
    absolute = path.absolute()
    return absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else absolute


def apart(findings: Sequence[Numbered]) -> tuple[list[Numbered], list[Numbered]]:
    """What is judged, and what only asks whose an account is."""
    asking = [one for one in findings if undeclared(one[1])]
    return [one for one in findings if not undeclared(one[1])], asking


def naming_lines(asking: Sequence[Numbered]) -> list[tuple[str, str]]:
    """For each account its line, as auditor.yaml has it, below a remark on what is known of it."""
    numbers = {finding.id: number for number, finding in asking}
    return [_naming(one, numbers[one.findings[0].id]) for one in strangers(finding for _, finding in asking)]


def _naming(one: Stranger, number: int) -> tuple[str, str]:
    return f"      # finding {number}: {one.known}", f"      {one.line}"
