"""What Google's log says that a call set: bindings and audit logs that came and went, else what was asked for."""

from collections.abc import Mapping
from typing import Any

from auditor.model.details import as_object, as_objects
from auditor.providers.settings import Setting, flat


def setting(asked: Any) -> Setting:
    """What a call set: the deltas that a row keeps, or the request."""
    told = as_object(asked)
    deltas = [("binding", one, _binding(one)) for one in as_objects(told.get("bindingDeltas"))]
    deltas += [("audit log", one, _audit_log(one)) for one in as_objects(told.get("auditConfigDeltas"))]
    if not deltas:
        return Setting(values=flat({name: value for name, value in told.items() if name != "@type"}))
    return Setting(
        gave=tuple((name, text) for name, one, text in deltas if one.get("action") == "ADD"),
        took=tuple((name, text) for name, one, text in deltas if one.get("action") == "REMOVE"),
    )


def _binding(delta: Mapping[str, Any]) -> str:
    condition = as_object(delta.get("condition")).get("expression")
    return f"{delta.get('role', '')} for {delta.get('member', '')}" + (f" if {condition}" if condition else "")


def _audit_log(delta: Mapping[str, Any]) -> str:
    exempt = delta.get("exemptedMember")
    return f"{delta.get('logType', '')} of {delta.get('service', '')}" + (f" but for {exempt}" if exempt else "")
