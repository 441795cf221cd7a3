"""What changes set, beside what was set there before where the log has both."""

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.case.incident import Act, Incident
from auditor.case.moment import place
from auditor.model.tables import Deployment
from reports.words import short

Values = Mapping[tuple[str, str, int], Mapping[str, str]]

MOST = 4
LENGTH = 60
_COMMIT = 12


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that a change set; `old` is empty where the log does not tell it."""

    name: str
    old: str
    new: str

    def text(self) -> str:
        """`desiredCount 4 → 40`."""
        new = short(self.new, LENGTH)
        old = f"{short(self.old, LENGTH)} → " if self.old else ""
        return f"{self.name} {old}{new}"


def differences(act: Act, values: Values) -> tuple[Difference, ...]:
    """What a change set, beside what was set there before where the log has both."""
    asked = values.get(place(act.told.evidence), {})
    if {"from", "to"} <= asked.keys():
        return (Difference(asked.get("change", "value"), asked["from"], asked["to"]),)
    before = values.get(place(act.before.evidence), {}) if act.before else {}
    named = "\n".join(act.resources)
    return tuple(
        Difference(name, before.get(name, ""), value)
        for name, value in asked.items()
        if before.get(name) != value and (name in before or value not in named) and not name.endswith("Document")
    )[:MOST]


def commits(review: Incident, deployment: Deployment) -> tuple[Difference, ...]:
    """The commit that a deployment brought, and the one before it."""
    before = review.released_before.get(deployment.deployment_id)
    new, old = (deployment.commit or "")[:_COMMIT], ((before.commit if before else None) or "")[:_COMMIT]
    return (Difference("commit", old, new),) if new and old and new != old else ()
