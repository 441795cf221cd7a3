"""Every format that findings are exported in, by the name that `auditor export --format` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.model.findings import Audit

# Named and not imported: the command line lists the formats without loading what each of them needs.
EXPORTS: Mapping[str, str] = {
    "csv": "reports.exports.csv",
    "json": "reports.findings_json",
    "ocsf": "reports.exports.ocsf",
    "oscal": "reports.exports.oscal",
    "sarif": "reports.exports.sarif",
}


def export(form: str, audit: Audit) -> bytes:
    """The audit in one of the formats."""
    dumps: Callable[[Audit], bytes] = import_module(EXPORTS[form]).dumps
    return dumps(audit)
