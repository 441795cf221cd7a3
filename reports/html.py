"""The interactive page: one file that opens from disk, asks nothing of any network and runs only its own script."""

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

import auditor
from auditor.model.vocabulary import Severity
from reports.decisions_json import FORMAT
from reports.files import write_private
from reports.finding_views import Row
from reports.templates import TEMPLATES
from reports.view import View
from reports.words import SEVERITY_MARKS, account_name, short

GENERATOR = f"production-access-auditor {auditor.__version__}"
# Evidence beyond this is in findings.json; the page stays small enough to open.
_MOST_EVIDENCE = 5


def write(view: View, path: Path) -> None:
    """Write the page."""
    write_private(path, render(view).encode("utf-8", "replace"))


def render(view: View) -> str:
    """The page as text."""
    style, script = asset("screen.css", "page.css"), asset("decide.js", "page.js")
    return (
        environment()
        .get_template("page.html")
        .render(
            view=view,
            style=style,
            script=script,
            data=embedded(payload(view)),
            policy=policy(style, script),
            generator=GENERATOR,
        )
    )


@cache
def environment() -> jinja2.Environment:
    """Jinja for HTML: everything is escaped, a name that is not there is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def embedded(value: Any) -> Markup:
    """JSON that cannot end the script element it stands in, nor a line in old JavaScript."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing in it can be read as HTML any more


def payload(view: View) -> dict[str, Any]:
    """What the page's script shows. What all findings of a rule share is said once."""
    numbers: dict[tuple[str, ...], int] = {}
    rows = [_row(row, numbers.setdefault(_shared(row), len(numbers))) for row in view.rows]
    names = ("rule", "family", "heading", "why", "controls")
    return {
        "run": view.run,
        "format": FORMAT,
        "rules": [dict(zip(names, shared, strict=True)) for shared in numbers],
        "severities": [severity.value for severity in Severity],
        "marks": {severity.value: mark for severity, mark in SEVERITY_MARKS.items()},
        "rows": rows,
    }


def _shared(row: Row) -> tuple[str, ...]:
    return (row.rule, row.family, row.heading, row.why, row.controls)


def _row(row: Row, number: int) -> dict[str, Any]:
    """A finding without what is empty; the script reads what is missing as empty."""
    fields = {
        "r": number,
        "id": row.id,
        "severity": row.severity,
        "status": row.status,
        "summary": row.summary,
        "next": row.next_step,
        "person": row.person,
        "holder": "" if row.person else short(account_name(row.account)),
        "account": row.account,
        "system": row.system,
        "ticket": row.ticket,
        "resource": row.resource,
        "credential": row.credential,
        "when": row.when,
        "time": row.sort_time,
        "first": row.first_seen,
        "exception": row.exception,
        "verdict": row.verdict,
        "decided": row.decided,
        "facts": row.facts,
        "evidence": _some(row.evidence),
    }
    return {name: value for name, value in fields.items() if value or name == "r"}


def _some(evidence: tuple[str, ...]) -> list[str]:
    beyond = len(evidence) - _MOST_EVIDENCE
    return [*evidence[:_MOST_EVIDENCE], *([f"and {beyond:,} more in findings.json"] if beyond > 0 else [])]


def policy(style: str, script: str = "") -> str:
    """A content security policy that lets in this page's own style and script and nothing else."""
    own = f"style-src {_digest(style)}" + (f"; script-src {_digest(script)}" if script else "")
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def asset(*names: str) -> Markup:
    """Style sheets or scripts of ours, to stand in a page as they are."""
    return Markup("".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names))  # noqa: S704 - our own
