"""OSCAL assessment results: an observation and a risk for each finding, and the NIST 800-53 controls not satisfied."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import auditor
from auditor.model.findings import Audit, Evidence, Finding
from auditor.rules.registry import RULES, heading
from reports.files import json_line
from reports.findings_json import stamp

VERSION = "1.2.1"
_NIST = "nist_800_53"
_NAMESPACE = "urn:production-access-auditor"
_CONTROL = re.compile(r"([A-Z]{2}-\d+)(?:\((\d+)\))?")
_PROPS = ("rule", "severity", "status", "person", "account", "system", "resource", "credential", "ticket")


def dumps(audit: Audit) -> bytes:
    """The run as OSCAL assessment results, whose ids are the same each time they are made.

    A finding under an exception is a risk with an approved deviation, and leaves its controls as they are. Controls are
    said to be unsatisfied, or not spoken of: that no rule found anything does not satisfy a control.
    """
    return json_line(_document(audit))


def _document(audit: Audit) -> dict[str, Any]:
    plan = _uuid(audit, "plan")
    return {
        "assessment-results": {
            "uuid": _uuid(audit, "results"),
            "metadata": {
                "title": _text(f"Production access of {audit.organisation}"),
                "last-modified": stamp(audit.audited_at),
                "version": audit.run,
                "oscal-version": VERSION,
            },
            "import-ap": {"href": f"#{plan}"},
            "results": [_result(audit)],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": "What is audited, and by which rules",
                        "description": f"The configuration in auditor.yaml, judged by production-access-auditor "
                        f"{auditor.__version__}.",
                    }
                ]
            },
        }
    }


def _result(audit: Audit) -> dict[str, Any]:
    lists = {
        "observations": [_observation(finding, audit) for finding in audit.findings],
        "risks": [_risk(finding, audit) for finding in audit.findings],
        "findings": list(_unsatisfied(audit)),
    }
    missing = f"{len(audit.not_judged)} questions could not be answered for lack of evidence."
    return {
        "uuid": _uuid(audit, "result"),
        "title": f"Audit of {stamp(audit.audited_at)}",
        "description": "Who can touch production, who did, and who was allowed to, side by side. "
        + ("Everything was seen." if audit.complete else f"Not everything was seen: {missing}"),
        "start": stamp(audit.period_from),
        "end": stamp(audit.period_to),
        "reviewed-controls": {"control-selections": [{"include-controls": _reviewed()}]},
        **{name: items for name, items in lists.items() if items},
    }


def _reviewed() -> list[dict[str, str]]:
    """Every control that some rule bears on."""
    ids = {control_id(name) for rule in RULES for name in rule.controls.get(_NIST, ())}
    return [{"control-id": name} for name in sorted(ids)]


def _observation(finding: Finding, audit: Audit) -> dict[str, Any]:
    evidence = [_evidence(pointer) for pointer in finding.evidence]
    return {
        "uuid": _uuid(audit, "observation", finding.id),
        "title": _text(finding.summary),
        "description": _text(f"{heading(finding.rule)}: {finding.summary}"),
        "props": list(_props(finding)),
        "methods": ["TEST"],
        "types": ["finding"],
        **({"relevant-evidence": evidence} if evidence else {}),
        "collected": stamp(audit.audited_at),
    }


def _risk(finding: Finding, audit: Audit) -> dict[str, Any]:
    return {
        "uuid": _uuid(audit, "risk", finding.id),
        "title": _text(heading(finding.rule)),
        "description": _text(finding.summary),
        "statement": _text(finding.why or finding.summary),
        "status": "deviation-approved" if finding.exception else "open",
        "remediations": [
            {
                "uuid": _uuid(audit, "remediation", finding.id),
                "lifecycle": "recommendation",
                "title": "Next step",
                "description": _text(finding.next_step or finding.summary),
            }
        ],
        "related-observations": [{"observation-uuid": _uuid(audit, "observation", finding.id)}],
    }


def _unsatisfied(audit: Audit) -> Iterable[dict[str, Any]]:
    """One OSCAL finding for each control that a finding bears on."""
    by_control: dict[str, list[Finding]] = {}
    for finding in audit.findings:
        for name in finding.controls.get(_NIST, ()) if not finding.exception else ():
            by_control.setdefault(name, []).append(finding)
    for name, findings in sorted(by_control.items()):
        rules = ", ".join(sorted({finding.rule for finding in findings}))
        yield {
            "uuid": _uuid(audit, "finding", name),
            "title": f"NIST SP 800-53 {name}",
            "description": f"{len(findings)} findings bear on it, of {rules}.",
            "target": {
                "type": "statement-id",
                "target-id": f"{control_id(name)}_smt",
                "status": {"state": "not-satisfied"},
            },
            "related-observations": [{"observation-uuid": _uuid(audit, "observation", f.id)} for f in findings],
            "related-risks": [{"risk-uuid": _uuid(audit, "risk", f.id)} for f in findings],
        }


def control_id(name: str) -> str:
    """A control as OSCAL's catalog of NIST SP 800-53 names it: `AC-2(3)` is `ac-2.3`.

    Raises:
        ValueError: it is no such control.
    """
    match = _CONTROL.fullmatch(name)
    if match is None:
        raise ValueError(f"{name} is no control of NIST SP 800-53")
    return ".".join(filter(None, match.groups())).lower()


def _evidence(pointer: Evidence) -> dict[str, Any]:
    event = f", event {pointer.event_id}" if pointer.event_id else ""
    said = {"description": _text(f"{pointer.source}: {pointer.origin}, record {pointer.record}{event}")}
    return {**said, "props": [_prop("sha256", pointer.sha256)]} if pointer.sha256 else said


def _props(finding: Finding) -> Iterable[dict[str, str]]:
    for name in _PROPS:
        value = " ".join(str(getattr(finding, name) or "").split())
        if value:
            yield _prop(name, value)
    yield _prop("finding-id", finding.id)


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": _NAMESPACE, "value": value}


def _text(text: str) -> str:
    """Text on one line, and never none."""
    return " ".join(text.split()) or "-"


def _uuid(audit: Audit, *parts: str) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(("production-access-auditor", audit.organisation, audit.run, *parts))))
