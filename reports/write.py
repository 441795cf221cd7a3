"""Writes everything that a run leaves for people and programs."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from auditor.config.models import Config
from auditor.model.findings import Audit
from auditor.resolve.types import Access
from reports import access_json, findings_csv, findings_json, html, pdf
from reports.cleanup.script import write_cleanup
from reports.files import Written, write_each
from reports.past import Past
from reports.view import build_view


def write_reports(audit: Audit, access: Sequence[Access], config: Config, folder: Path, past: Past) -> Written:
    """Write every report of a run into its folder; one that cannot be made does not stop the others."""
    data = {
        "findings": ("findings.json", lambda path: findings_json.write(audit, path)),
        "access": ("access.json", lambda path: access_json.write(access, path)),
        "table": ("findings.csv", lambda path: findings_csv.write(audit, path)),
        "script": ("cleanup/cleanup.sh", lambda path: write_cleanup(audit, config, None, path.parent, access)),
    }
    first = write_each(data, folder)
    view = build_view(audit, config, access, {path.name: _digest(path) for path in first.files.values()}, past)
    pages = {
        "page": ("report.html", lambda path: html.write(view, path)),
        "PDF": ("report.pdf", lambda path: pdf.write(view, path)),
    }
    second = write_each(pages, folder)
    return Written({**second.files, **first.files}, (*first.problems, *second.problems))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
