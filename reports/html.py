"""The interactive page: one file that opens from disk, asks nothing of any network and runs only its own script."""

import json
from typing import Any

from markupsafe import Markup

from auditor.config.models import Config
from auditor.model.vocabulary import Severity
from auditor.rules.base import FRAMEWORKS
from auditor.rules.registry import heading
from reports.agenda import Reviewed
from reports.decisions_json import FORMAT
from reports.environment import page
from reports.matters import concerns_access
from reports.view import View
from reports.words import agreed, cited, fact, fact_name, mark, person, short, shown, stretch, system, when

# Evidence beyond this is in findings.json; the page stays small enough to open.
_MOST_EVIDENCE = 5


def render(view: View) -> str:
    """The page as text."""
    styles = ("screen.css", "page.css", "decide.css", "pictures/page.css")
    scripts = ("drafts.js", "decide.js", "page.js")
    return page(view.config, "page.html", styles, scripts, view=view, data=embedded(payload(view)))


def embedded(value: Any) -> Markup:
    """JSON that cannot end the script element it stands in, nor a line in old JavaScript."""
    text = json.dumps(_shown(value), ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing in it can be read as HTML any more


def _shown(value: Any) -> Any:
    """The value, every text in it as a report may show it."""
    if isinstance(value, dict):
        return {name: _shown(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return shown(value) if isinstance(value, str) else value


def payload(view: View) -> dict[str, Any]:
    """What the page's script shows. What all findings of a rule share is said once."""
    numbers: dict[tuple[str, ...], int] = {}
    rows = [_row(row, numbers.setdefault(_shared(row), len(numbers)), view.config) for row in view.rows]
    names = ("rule", "family", "heading", "why", "controls")
    return {
        "organisation": view.audit.organisation,
        "run": view.audit.run,
        "format": FORMAT,
        "rules": [dict(zip(names, shared, strict=True)) for shared in numbers],
        "severities": [severity.value for severity in Severity],
        "marks": {severity.value: mark(severity) for severity in reversed(Severity)},
        "rows": rows,
    }


def _shared(row: Reviewed) -> tuple[str, ...]:
    finding = row.finding
    controls = "; ".join(f"{FRAMEWORKS.get(name, name)} {', '.join(ids)}" for name, ids in finding.controls.items())
    return (finding.rule, finding.rule.split("/")[0], heading(finding.rule), finding.why, controls)


def _row(row: Reviewed, number: int, config: Config) -> dict[str, Any]:
    """A finding without what is empty; the script reads what is missing as empty."""
    finding, said = row.finding, row.decision
    evidence = list(dict.fromkeys(map(cited, finding.evidence)))
    beyond = len(evidence) - _MOST_EVIDENCE
    fields = {
        "r": number,
        "id": finding.id,
        "severity": finding.severity,
        "status": finding.status,
        "summary": finding.summary,
        "next": finding.next_step,
        "person": person(finding.person, config),
        "holder": "" if finding.person else short(person(finding.account, config)),
        "account": finding.account,
        "systems": [system(one, config) for one in finding.systems],
        "ticket": finding.ticket,
        "resource": finding.resource,
        "credential": finding.credential,
        "when": stretch(finding.starts_at, finding.ends_at, config.zone),
        "time": finding.starts_at and finding.starts_at.isoformat(),
        "first": when(finding.first_seen, config.zone),
        "exception": row.exception and agreed(row.exception, config),
        "verdict": row.verdict,
        "act": not concerns_access(finding),
        "words_of_decision": said and said.reason,
        "decided": said and f"{person(said.decided_by, config)}, {when(said.decided_at, config.zone)}: {row.reason}",
        "facts": [
            (fact_name(name).capitalize(), fact(name, value, config))
            for name, value in finding.facts.items()
            if value is not None and value not in ((finding.resource,), [finding.resource])
        ],
        "evidence": evidence[:_MOST_EVIDENCE] + ([f"and {beyond:,} more in findings.json"] if beyond > 0 else []),
    }
    return {name: value for name, value in fields.items() if value or name == "r"}
