"""findings.csv: one line a finding, safe to open in a spreadsheet."""

import csv
import json
from pathlib import Path

from auditor.model.findings import Audit, Finding
from reports.files import write_private
from reports.findings_json import plain, stamp

COLUMNS = (
    "id",
    "severity",
    "rule",
    "status",
    "summary",
    "person",
    "account",
    "system",
    "resource",
    "credential",
    "ticket",
    "starts_at",
    "ends_at",
    "first_seen",
    "why",
    "next_step",
    "exception",
    "facts",
    "controls",
    "evidence",
)

# What a spreadsheet takes for the start of a formula; the last four are full-width = + - @.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write(audit: Audit, path: Path) -> None:
    """Write one line for each finding, those under an exception too."""
    write_private(path, dumps(audit))


def dumps(audit: Audit) -> bytes:
    """The findings as CSV in UTF-8, with the byte order mark that spreadsheets need to read it as such."""
    import pandas as pd

    lines = [[safe(cell) for cell in _cells(finding)] for finding in audit.findings]
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    return table.to_csv(index=False, quoting=csv.QUOTE_ALL, lineterminator="\r\n").encode("utf-8-sig")


def safe(cell: str) -> str:
    """The cell as text that no spreadsheet runs: a leading apostrophe makes a formula plain text."""
    cell = cell.encode("utf-8", "replace").decode().replace("\x00", "")
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _cells(finding: Finding) -> tuple[str, ...]:
    facts = finding.facts
    return (
        finding.id,
        finding.severity.value,
        finding.rule,
        finding.status.value,
        finding.summary,
        finding.person or "",
        finding.account or "",
        finding.system or "",
        finding.resource or "",
        finding.credential or "",
        finding.ticket or "",
        stamp(finding.starts_at) or "",
        stamp(finding.ends_at) or "",
        stamp(finding.first_seen) or "",
        finding.why,
        finding.next_step,
        _compact(finding.exception),
        _compact(facts),
        "; ".join(f"{framework}: {', '.join(ids)}" for framework, ids in finding.controls.items()),
        "; ".join(f"{pointer.origin}#{pointer.record}" for pointer in finding.evidence),
    )


def _compact(value: object) -> str:
    return json.dumps(plain(value), ensure_ascii=False) if value else ""
