"""The rules as a list, for machines and for the documentation."""

from collections.abc import Iterable, Iterator
from typing import Any

from auditor.rules.base import Rule

RULE_HEADS = ("rule", "severity", "finds", "controls")


def rule_rows(rules: Iterable[Rule]) -> Iterator[tuple[str, str, str, str]]:
    """Name, severity, what it finds in a sentence, and controls such as `soc2 CC6.1, CC6.3; …`."""
    for rule in rules:
        sentence = " ".join(rule.meaning.split("\n\n")[0].split())
        controls = "; ".join(f"{framework} {', '.join(ids)}" for framework, ids in rule.controls.items())
        yield rule.name, rule.severity.value, sentence, controls


def rules_json(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Name, heading, severity, meaning, reason, tables read, what it asks for and controls of each rule."""
    return [
        {
            "name": rule.name,
            "heading": rule.heading,
            "severity": rule.severity.value,
            "meaning": rule.meaning,
            "why": rule.why,
            "reads": list(rule.reads),
            "asks": rule.asks.key,
            "controls": {framework: list(ids) for framework, ids in rule.controls.items()},
        }
        for rule in rules
    ]


def rules_markdown(rules: Iterable[Rule]) -> list[str]:
    """A Markdown table, line by line."""
    return markdown_table(RULE_HEADS, ((f"`{name}`", *rest) for name, *rest in rule_rows(rules)))


def markdown_table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A Markdown table, line by line; bars and line ends in cells are taken care of."""
    heads = list(heads)
    cells = ([" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows)
    return [_line(heads), _line(["---"] * len(heads)), *map(_line, cells)]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
