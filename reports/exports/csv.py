"""findings.csv: one line a finding, safe to open in a spreadsheet."""

import csv
import json
from collections.abc import Mapping
from datetime import datetime

from auditor.model.findings import Audit, Finding
from reports.findings_json import plain, stamp
from reports.words import visible

COLUMNS = (
    *("id", "severity", "rule", "status", "summary", "person", "account", "system", "resource", "credential", "ticket"),
    *("starts_at", "ends_at", "first_seen", "why", "next_step", "exception", "facts", "controls", "evidence"),
)

# What a spreadsheet takes for the start of a formula; the last four are full-width = + - @.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def dumps(audit: Audit) -> bytes:
    """The findings, those under an exception too, in UTF-8 with the byte order mark that spreadsheets need."""
    import pandas as pd

    lines = [[safe(_cell(finding, column)) for column in COLUMNS] for finding in audit.findings]
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    return table.to_csv(index=False, quoting=csv.QUOTE_ALL, lineterminator="\r\n").encode("utf-8-sig")


def safe(cell: str) -> str:
    """The cell as text that no spreadsheet runs and no terminal obeys: a leading apostrophe makes a formula plain."""
    cell = visible(cell)
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _cell(finding: Finding, column: str) -> str:
    if column == "controls":
        return "; ".join(f"{framework}: {', '.join(ids)}" for framework, ids in finding.controls.items())
    if column == "evidence":
        return "; ".join(f"{pointer.origin}#{pointer.record}" for pointer in finding.evidence)
    value = getattr(finding, column)
    if isinstance(value, Mapping):
        return json.dumps(plain(value), ensure_ascii=False) if value else ""
    if isinstance(value, datetime):
        value = stamp(value)
    return str(value or "")
