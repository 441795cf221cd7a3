"""findings.json: the contract that every other export, and a later `report` or `revoke`, is made from."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from auditor.errors import ReportError
from auditor.model.findings import Audit, CoverageLine, Evidence, Finding, NotJudged
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.vocabulary import Severity, Status
from reports.files import write_private


def write(audit: Audit, path: Path) -> None:
    """Write the audit; the file appears whole or not at all, readable by its owner only."""
    write_private(path, dumps(audit))


def dumps(audit: Audit) -> bytes:
    """The audit as JSON in UTF-8. Text that is no Unicode (a lone surrogate) is escaped, so that it reads back."""
    text = json.dumps(document(audit), ensure_ascii=False, indent=1)
    return (text + "\n").encode("utf-8", "backslashreplace")


def document(audit: Audit) -> dict[str, Any]:
    """The audit as plain values; null fields are present, times are RFC 3339 in UTC."""
    return {
        "run": audit.run,
        "organisation": audit.organisation,
        "audited_at": stamp(audit.audited_at),
        "period": {"from": stamp(audit.period_from), "to": stamp(audit.period_to)},
        "complete": audit.complete,
        "findings": [finding_document(finding) for finding in audit.findings],
        "not_judged": [
            {"rule": n.rule, "subject": str(n.subject), "about": _subject_document(n.subject), "reason": n.reason}
            for n in audit.not_judged
        ],
        "clear": dict(audit.clear),
        "coverage": [_seen_document(seen) for seen in audit.coverage],
        "unseen_systems": list(audit.unseen_systems),
        "days": {name: [day.isoformat() for day in days] for name, days in audit.days.items()},
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """One finding as plain values."""
    return {
        "id": finding.id,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "person": finding.person,
        "account": finding.account,
        "system": finding.system,
        "resource": finding.resource,
        "credential": finding.credential,
        "ticket": finding.ticket,
        "kind": finding.subject.kind.value,
        "thing": finding.subject.thing,
        "starts_at": stamp(finding.starts_at),
        "ends_at": stamp(finding.ends_at),
        "summary": finding.summary,
        "why": finding.why,
        "facts": plain(finding.facts),
        "evidence": [_evidence_document(pointer) for pointer in finding.evidence],
        "next_step": finding.next_step,
        "handles": [plain(handle) for handle in finding.handles],
        "controls": {framework: list(ids) for framework, ids in finding.controls.items()},
        "status": finding.status.value,
        "first_seen": stamp(finding.first_seen),
        "exception": None if finding.exception is None else plain(finding.exception),
    }


def read(path: Path) -> Audit:
    """An audit as `write` left it.

    Raises:
        ReportError: when the file is missing, is not JSON or lacks a field.
    """
    try:
        data = json.loads(path.read_bytes())
        return _audit(data)
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(path, f"{type(error).__name__}: {error}") from error


def plain(value: Any) -> Any:
    """A fact as JSON can hold it: times as RFC 3339, spans in seconds, sets in order.

    Raises:
        ReportError: for anything else; a fact must be a plain value.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    raise ReportError(
        f"A fact of a finding is a {type(value).__name__}, which JSON cannot hold.",
        means="The findings were not written.",
        do="Give facts as text, numbers, times and lists of them.",
    )


def stamp(moment: datetime | None) -> str | None:
    """A time as RFC 3339 in UTC, to the second or, where there are any, the microsecond."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _subject_document(subject: Subject) -> dict[str, Any]:
    return {
        "kind": subject.kind.value,
        "person": subject.person,
        "account": subject.account,
        "system": subject.system,
        "thing": subject.thing,
    }


def _evidence_document(pointer: Evidence) -> dict[str, Any]:
    return {
        "source": pointer.source,
        "origin": pointer.origin,
        "record": pointer.record,
        "sha256": pointer.sha256,
        "event_id": pointer.event_id,
    }


def _seen_document(seen: CoverageLine) -> dict[str, Any]:
    return {
        "source": seen.source,
        "scope": seen.scope,
        "from": stamp(seen.from_),
        "to": stamp(seen.to),
        "status": seen.status,
        "rows": seen.rows,
        "reason": seen.reason,
    }


def _audit(data: Mapping[str, Any]) -> Audit:
    return Audit(
        run=data["run"],
        organisation=data["organisation"],
        audited_at=datetime.fromisoformat(data["audited_at"]),
        period_from=datetime.fromisoformat(data["period"]["from"]),
        period_to=datetime.fromisoformat(data["period"]["to"]),
        complete=data["complete"],
        findings=tuple(_finding(item) for item in data["findings"]),
        not_judged=tuple(_not_judged(item) for item in data["not_judged"]),
        clear=data["clear"],
        coverage=tuple(_seen(item) for item in data["coverage"]),
        unseen_systems=tuple(data.get("unseen_systems", ())),
        days={name: tuple(map(date.fromisoformat, days)) for name, days in data.get("days", {}).items()},
    )


def _finding(item: Mapping[str, Any]) -> Finding:
    fields = {name: value for name, value in item.items() if name not in {"id", *_SUBJECT}}
    return Finding(
        **{
            **fields,
            "subject": _subject(item),
            "handles": tuple(item["handles"]),
            "severity": Severity(item["severity"]),
            "status": Status(item["status"]),
            "starts_at": _moment(item["starts_at"]),
            "ends_at": _moment(item["ends_at"]),
            "first_seen": _moment(item["first_seen"]),
            "evidence": tuple(Evidence(**pointer) for pointer in item["evidence"]),
            "controls": {framework: tuple(ids) for framework, ids in item["controls"].items()},
        }
    )


def _not_judged(item: Mapping[str, Any]) -> NotJudged:
    subject = replace(_subject(item["about"]), label=item["subject"])
    return NotJudged(rule=item["rule"], subject=subject, reason=item["reason"])


def _subject(item: Mapping[str, Any]) -> Subject:
    return Subject(**{name: item[name] for name in _SUBJECT} | {"kind": SubjectKind(item["kind"])})


_SUBJECT = ("kind", "person", "account", "system", "thing")


def _seen(item: Mapping[str, Any]) -> CoverageLine:
    fields = {name: value for name, value in item.items() if name not in {"from", "to"}}
    return CoverageLine(**fields, from_=_moment(item["from"]), to=_moment(item["to"]))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _unreadable(path: Path, reason: str) -> ReportError:
    return ReportError(
        f"{path} cannot be read: {reason}.",
        means="No report can be made from that run.",
        do="Name a run whose findings.json is whole, or run the audit again.",
    )
