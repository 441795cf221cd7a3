"""The findings of a run for other programs: OCSF detection findings, SARIF 2.1.0 and OSCAL assessment results."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import auditor
from auditor.model.findings import Audit, Finding
from auditor.model.vocabulary import Severity, Status
from auditor.rules.registry import heading
from reports import findings_csv, findings_json, oscal

_PROGRAM = "production-access-auditor"
_OCSF_VERSION = "1.5.0"
_OCSF_SEVERITY = {Severity.LOW: 2, Severity.MEDIUM: 3, Severity.HIGH: 4, Severity.CRITICAL: 5}
_NEW, _SUPPRESSED = 1, 3
_CREATE, _UPDATE = 1, 2
_DETECTION_FINDING = 2004
_SARIF_LEVEL = {
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
_SARIF_BASELINE = {Status.NEW: "new", Status.REOPENED: "new", Status.OPEN: "unchanged", Status.EXCEPTED: "unchanged"}


def ocsf(audit: Audit) -> bytes:
    """One Detection Finding (class 2004) a line; times in milliseconds since 1970."""
    return b"".join(_json(_detection(finding, audit)) for finding in audit.findings)


def sarif(audit: Audit) -> bytes:
    """One SARIF run: a rule for each rule that found something, a result for each finding."""
    rules: dict[str, Finding] = {}
    for finding in audit.findings:
        rules.setdefault(finding.rule, finding)
    order = {name: number for number, name in enumerate(rules)}
    driver = {
        "name": _PROGRAM,
        "version": auditor.__version__,
        "rules": [_sarif_rule(finding) for finding in rules.values()],
    }
    return _json(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": driver},
                    "automationDetails": {"id": f"{_PROGRAM}/{audit.run}"},
                    "invocations": [
                        {"executionSuccessful": audit.complete, "endTimeUtc": findings_json.stamp(audit.audited_at)}
                    ],
                    "results": [_sarif_result(finding, order[finding.rule]) for finding in audit.findings],
                }
            ],
        }
    )


FORMATS: Mapping[str, Callable[[Audit], bytes]] = {
    "csv": findings_csv.dumps,
    "json": findings_json.dumps,
    "ocsf": ocsf,
    "oscal": lambda audit: _json(oscal.document(audit)),
    "sarif": sarif,
}


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
            "severity_id": _OCSF_SEVERITY[finding.severity],
            "status_id": _SUPPRESSED if finding.exception else _NEW,
            "message": finding.summary,
            "start_time": _milliseconds(finding.starts_at),
            "end_time": _milliseconds(finding.ends_at),
            "metadata": {
                "version": _OCSF_VERSION,
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


def _sarif_rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.rule,
        "shortDescription": {"text": heading(finding.rule)},
        "fullDescription": {"text": finding.why or heading(finding.rule)},
        "defaultConfiguration": {"level": _SARIF_LEVEL[finding.severity]},
        "properties": {"controls": {name: list(ids) for name, ids in finding.controls.items()}},
    }


def _sarif_result(finding: Finding, rule: int) -> dict[str, Any]:
    places = [name for name in (finding.system, finding.resource, finding.account) if name]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _SARIF_LEVEL[finding.severity],
        "message": {"text": f"{finding.summary}. {finding.next_step}"},
        "fingerprints": {f"{_PROGRAM}/1": finding.id},
        "baselineState": _SARIF_BASELINE.get(finding.status, "unchanged"),
        "locations": [{"logicalLocations": [{"fullyQualifiedName": name} for name in places]}] if places else [],
        "properties": {"severity": finding.severity.value, "status": finding.status.value},
    }
    if finding.exception:
        said = findings_json.plain(finding.exception)
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"{said.get('reason')}, until {said.get('until')}",
            }
        ]
    return result


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _without_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
