"""OCSF detection findings (class 2004), one a line; times in milliseconds since 1970."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import auditor
from auditor.model.findings import Audit, Finding
from auditor.model.vocabulary import Severity, Status
from reports.files import json_line

_PROGRAM = "production-access-auditor"
_VERSION = "1.5.0"
_SEVERITY = {Severity.LOW: 2, Severity.MEDIUM: 3, Severity.HIGH: 4, Severity.CRITICAL: 5}
_NEW, _SUPPRESSED = 1, 3
_CREATE, _UPDATE = 1, 2
_DETECTION_FINDING = 2004


def dumps(audit: Audit) -> bytes:
    """The findings, one a line."""
    return b"".join(json_line(_detection(finding, audit)) for finding in audit.findings)


def _detection(finding: Finding, audit: Audit) -> dict[str, Any]:
    known = finding.status in (Status.OPEN, Status.EXCEPTED)
    activity = _UPDATE if known else _CREATE
    return _without_nothing(
        {
            "activity_id": activity,
            "category_uid": 2,
            "class_uid": _DETECTION_FINDING,
            "type_uid": _DETECTION_FINDING * 100 + activity,
            "time": _milliseconds(audit.audited_at),
            "severity_id": _SEVERITY[finding.severity],
            "status_id": _SUPPRESSED if finding.exception else _NEW,
            "message": finding.summary,
            "start_time": _milliseconds(finding.starts_at),
            "end_time": _milliseconds(finding.ends_at),
            "metadata": {
                "version": _VERSION,
                "product": {"name": _PROGRAM, "vendor_name": _PROGRAM, "version": auditor.__version__},
                "correlation_uid": audit.run,
            },
            "finding_info": _without_nothing(
                {
                    "uid": finding.id,
                    "title": finding.summary,
                    "desc": finding.why,
                    "types": [finding.rule],
                    "first_seen_time": _milliseconds(finding.first_seen),
                    "data_sources": sorted({pointer.source for pointer in finding.evidence}),
                }
            ),
            "remediation": {"desc": finding.next_step},
            "resources": [{"uid": finding.resource}] if finding.resource else None,
            "unmapped": {
                name: getattr(finding, name) for name in ("person", "account", "system", "credential", "ticket")
            },
        }
    )


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _without_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}
