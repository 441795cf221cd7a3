"""Accounts that auditor.yaml does not know: one finding each, with the line that names them."""

import json
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from auditor.model.findings import Finding
from auditor.model.strangers import DECLARE, UNDECLARED, undeclared
from auditor.rules.facts import MOST_EVIDENCE

_JOINED = frozenset({"actions", "capabilities", "from", "systems"})


def naming(account: str, *, robot: bool = False) -> dict[str, str]:
    """Facts of a finding that asks whose an account is: its name, and what auditor.yaml has to say of it."""
    line = f"accounts: [{json.dumps(account, ensure_ascii=False)}]"
    return {UNDECLARED: account, DECLARE: f"{{id: …, owner: …, purpose: …, {line}}}" if robot else line}


def naming_vendor(account: str | None) -> dict[str, str]:
    """The same of another company's account; nothing where a role trusts anybody at all."""
    entry = f'{{id: …, account: "{account}", owner: …, purpose: …}}'
    return {UNDECLARED: account, DECLARE: entry} if account else {}


def folded(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of which no two only ask whose the same account is: what it did goes with what it can do."""
    kept: list[Finding] = []
    place: dict[tuple[str | None, str], int] = {}
    # What an account can do stays from night to night, what it did does not.
    for finding in sorted(findings, key=lambda one: undeclared(one) is not None and one.starts_at is not None):
        name = undeclared(finding)
        at = None if name is None else place.get((finding.account, name), place.get((name, name)))
        if at is not None:
            kept[at] = _both(kept[at], finding)
            continue
        if name is not None:
            place[finding.account, name] = len(kept)
        kept.append(finding)
    return kept


def _both(one: Finding, other: Finding) -> Finding:
    """One finding that says what two of the same account do."""
    facts: dict[str, Any] = {**other.facts, **one.facts}
    for name in _JOINED & one.facts.keys() & other.facts.keys():
        facts[name] = list(dict.fromkeys([*one.facts[name], *other.facts[name]]))
    if changes := [of.facts["changes"] for of in (one, other) if "changes" in of.facts]:
        facts["changes"] = sum(changes)
    return replace(
        one,
        severity=max(one.severity, other.severity, key=lambda severity: severity.rank),
        summary=f"{one.summary}; {other.summary}",
        resource=one.resource or other.resource,
        credential=one.credential or other.credential,
        starts_at=min((time for time in (one.starts_at, other.starts_at) if time), default=None),
        ends_at=max((time for time in (one.ends_at, other.ends_at) if time), default=None),
        facts=facts,
        evidence=tuple(dict.fromkeys([*one.evidence, *other.evidence]))[:MOST_EVIDENCE],
        handles=(*one.handles, *(handle for handle in other.handles if handle not in one.handles)),
    )
