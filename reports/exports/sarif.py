"""SARIF 2.1.0: a rule for each rule that found something, a result for each finding."""

from typing import Any

import auditor
from auditor.model.findings import Audit, Finding
from auditor.model.vocabulary import Severity, Status
from auditor.rules.registry import heading
from reports.files import json_line
from reports.findings_json import plain, stamp

_PROGRAM = "production-access-auditor"
_LEVEL = {Severity.LOW: "note", Severity.MEDIUM: "warning", Severity.HIGH: "error", Severity.CRITICAL: "error"}
_BASELINE = {Status.NEW: "new", Status.REOPENED: "new", Status.OPEN: "unchanged", Status.EXCEPTED: "unchanged"}


def dumps(audit: Audit) -> bytes:
    """The audit as one SARIF run."""
    rules: dict[str, Finding] = {}
    for finding in audit.findings:
        rules.setdefault(finding.rule, finding)
    order = {name: number for number, name in enumerate(rules)}
    driver = {
        "name": _PROGRAM,
        "version": auditor.__version__,
        "rules": [_rule(finding) for finding in rules.values()],
    }
    return json_line(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": driver},
                    "automationDetails": {"id": f"{_PROGRAM}/{audit.run}"},
                    "invocations": [{"executionSuccessful": audit.complete, "endTimeUtc": stamp(audit.audited_at)}],
                    "results": [_result(finding, order[finding.rule]) for finding in audit.findings],
                }
            ],
        }
    )


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.rule,
        "shortDescription": {"text": heading(finding.rule)},
        "fullDescription": {"text": finding.why or heading(finding.rule)},
        "defaultConfiguration": {"level": _LEVEL[finding.severity]},
        "properties": {"controls": {name: list(ids) for name, ids in finding.controls.items()}},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    places = [name for name in (finding.system, finding.resource, finding.account) if name]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _LEVEL[finding.severity],
        "message": {"text": f"{finding.summary}. {finding.next_step}"},
        "fingerprints": {f"{_PROGRAM}/1": finding.id},
        "baselineState": _BASELINE.get(finding.status, "unchanged"),
        "locations": [{"logicalLocations": [{"fullyQualifiedName": name} for name in places]}] if places else [],
        "properties": {"severity": finding.severity.value, "status": finding.status.value},
    }
    if finding.exception:
        said = plain(finding.exception)
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"{said.get('reason')}, until {said.get('until')}",
            }
        ]
    return result
