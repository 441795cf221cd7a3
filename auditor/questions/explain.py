"""How a finding came about, step by step, down to the raw records."""

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.config import Config
from auditor.errors import AuditorError
from auditor.model.findings import Evidence, Finding
from auditor.model.named import named
from auditor.options import Explanation, RunOptions, Step
from auditor.rules.registry import RULES
from auditor.seal import latest
from collectors.base import Context
from collectors.originals import original
from reports.words import fact, fact_name

MOST_LINES = 60


def explain(options: RunOptions, name: str) -> Explanation:
    """The reasoning behind a finding of the latest run, by its number or the first signs of its id.

    Raises:
        UsageError: none is named by that, or several are.
    """
    _, audit = latest(options)
    (finding,) = named(audit, [name])
    return Explanation(finding=finding, steps=tuple(_steps(options, finding)))


def _steps(options: RunOptions, finding: Finding) -> Iterator[Step]:
    rule = next((rule for rule in RULES if rule.name == finding.rule), None)
    if rule:
        yield Step(title=f"The rule {rule.name}", lines=tuple(_paragraphs(rule.meaning)))
    yield Step(title="What it rests on", lines=tuple(_fact_lines(finding.facts, options.config)))
    told = {(one.source, one.origin, one.record): one for one in finding.evidence}
    for pointer in told.values():
        place = f"record {pointer.record} of {pointer.origin}"
        yield Step(title=f"Evidence from {pointer.source}: {place}", lines=_original(options, pointer))


def _paragraphs(text: str) -> Iterator[str]:
    """As whoever prints it breaks the lines."""
    yield from (" ".join(part.split()) for part in text.split("\n\n"))


def _fact_lines(facts: Mapping[str, Any], config: Config) -> Iterator[str]:
    for key, value in facts.items():
        name = fact_name(key)
        if isinstance(value, list | tuple) and value:
            yield f"{name}:"
            yield from (f"  {item}" for item in dict.fromkeys(fact(key, item, config) for item in value))
        elif value is not None:
            yield f"{name}: {'none' if value in ([], ()) else fact(key, value, config)}"


def _original(options: RunOptions, pointer: Evidence) -> tuple[str, ...]:
    """The raw record, or the sentence that says why it cannot be shown."""
    source = next((s for s in options.config.sources if s.name == pointer.source), None)
    if source is None:
        return (f"The source {pointer.source} is no longer in auditor.yaml.",)
    context = Context(collected_at=options.at, base=options.config.base, zone=options.config.timezone)
    try:
        lines = original(source, context, options.store, pointer)
    except AuditorError as error:
        return error.diagnostics()
    return tuple(lines[:MOST_LINES])
