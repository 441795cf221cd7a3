"""Writes everything that a run leaves for people and programs."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from auditor.config.models import Config
from auditor.errors import AuditorError
from auditor.model.findings import Audit
from auditor.resolve.types import Access
from reports import access_json, findings_csv, findings_json, html, pdf
from reports.cleanup.script import write_cleanup
from reports.past import Past
from reports.view import build_view


class Written(NamedTuple):
    """The files by what people call them, in the order in which to name them; and what could not be written."""

    files: Mapping[str, Path]
    problems: tuple[str, ...]


def write_reports(audit: Audit, access: Sequence[Access], config: Config, folder: Path, past: Past) -> Written:
    """Write every report of a run into its folder; one that cannot be made does not stop the others."""
    data = {
        "findings": ("findings.json", lambda path: findings_json.write(audit, path)),
        "access": ("access.json", lambda path: access_json.write(access, path)),
        "table": ("findings.csv", lambda path: findings_csv.write(audit, path)),
        "script": ("cleanup/cleanup.sh", lambda path: write_cleanup(audit, config, None, path.parent, access)),
    }
    first = _write(data, folder)
    view = build_view(audit, config, access, {path.name: _digest(path) for path in first.files.values()}, past)
    pages = {
        "page": ("report.html", lambda path: html.write(view, path)),
        "PDF": ("report.pdf", lambda path: pdf.write(view, path)),
    }
    second = _write(pages, folder)
    return Written({**second.files, **first.files}, (*first.problems, *second.problems))


def _write(reports: Mapping[str, tuple[str, Callable[[Path], object]]], folder: Path) -> Written:
    files: dict[str, Path] = {}
    problems: list[str] = []
    for name, (place, write) in reports.items():
        try:
            write(folder / place)
            files[name] = folder / place
        except AuditorError as error:
            problems.append(" ".join(error.diagnostics()))
    return Written(files, tuple(problems))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
