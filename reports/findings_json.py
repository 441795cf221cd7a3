"""findings.json: the contract that every other export, and a later `report` or `revoke`, is made from."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from auditor.errors import ReportError
from auditor.model.findings import Audit, Finding
from auditor.model.subjects import Subject

# A finding's fields in their order; those of its subject stand among them.
_FINDING = (
    *("id", "rule", "severity", "person", "account", "system", "resource", "credential", "ticket", "kind", "thing"),
    *("starts_at", "ends_at", "summary", "why", "facts", "evidence", "next_step", "handles", "controls", "status"),
    *("first_seen", "exception"),
)


def dumps(audit: Audit) -> bytes:
    """The audit as JSON in UTF-8. Text that is no Unicode (a lone surrogate) is escaped, so that it reads back."""
    told = document(audit)
    try:
        return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"
    except UnicodeEncodeError:
        text = json.dumps(told, ensure_ascii=False, indent=1)
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
        "coverage": [
            {name.removesuffix("_"): value for name, value in msgspec.to_builtins(seen).items()}
            for seen in audit.coverage
        ],
        "unseen_systems": list(audit.unseen_systems),
        "days": msgspec.to_builtins(audit.days),
        "tested": msgspec.to_builtins(audit.tested),
        "exposure": msgspec.to_builtins(audit.exposure),
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """One finding as plain values."""
    fields = msgspec.to_builtins(replace(finding, facts=plain(finding.facts)))
    fields |= {"id": finding.id, **fields["subject"]}
    return {name: fields[name] for name in _FINDING}


def _subject_document(subject: Subject) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(subject)
    del fields["label"]  # the words stand beside it
    return fields


def read(path: Path) -> Audit:
    """An audit as `dumps` wrote it.

    Raises:
        ReportError: when the file is missing, is not JSON or lacks a field.
    """
    try:
        return _audit(json.loads(path.read_bytes()))
    except FileNotFoundError as error:
        raise ReportError(
            f"There is no {path}.",
            means="No run of the audit has written it yet, or it was taken away.",
            do="Run `auditor run` first, or name a run whose findings.json is there.",
        ) from error
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError, msgspec.ValidationError) as error:
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


def _audit(data: dict[str, Any]) -> Audit:
    return msgspec.convert(
        {
            **data,
            "period_from": data["period"]["from"],
            "period_to": data["period"]["to"],
            "findings": [{**item, "subject": item} for item in data["findings"]],
            "not_judged": [
                {**item, "subject": {**item["about"], "label": item["subject"]}} for item in data["not_judged"]
            ],
            "coverage": [{**item, "from_": item["from"]} for item in data["coverage"]],
        },
        Audit,
    )


def _unreadable(path: Path, reason: str) -> ReportError:
    return ReportError(
        f"{path} cannot be read: {reason}.",
        means="No report can be made from that run.",
        do="Name a run whose findings.json is whole, or run the audit again.",
    )
