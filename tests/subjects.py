"""Findings with their subject written out beside their other fields."""

from dataclasses import fields
from typing import Any

from auditor.model.findings import Finding
from auditor.model.subjects import Subject, SubjectKind
from tests.copies import replace

SUBJECT = {field.name for field in fields(Subject)}


def finding(**values: Any) -> Finding:
    """A finding; what names its subject may stand among its fields."""
    subject = {"kind": SubjectKind.ENTITLEMENT} | {name: values.pop(name) for name in SUBJECT & values.keys()}
    return Finding(subject=Subject(**subject), **values)


def about(known: Finding, **changes: Any) -> Finding:
    """The same finding about another subject."""
    return replace(known, subject=replace(known.subject, **changes))
