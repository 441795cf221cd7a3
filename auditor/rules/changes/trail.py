"""What a change to the audit trail leaves recorded."""

from collections.abc import Iterator, Sequence
from typing import Any

from auditor.digest.results import Deed
from auditor.model.findings import Outcome
from auditor.model.vocabulary import Category, Severity
from auditor.resolve.case import Case
from auditor.resolve.details import details
from auditor.rules.base import Rule, rule
from auditor.rules.changes import google_trail
from auditor.rules.controls import controls
from auditor.rules.words import moment


@rule(
    "changes/audit-trail",
    severity=Severity.CRITICAL,
    reads=("activity",),
    why="Whoever narrows the log decides what can be known later.",
    controls=controls(
        soc2=("CC7.2",),
        iso=("A.8.15", "A.8.16"),
        pci=("10.2.1.5", "10.3.4"),
        nist=("AU-9", "CM-5(1)"),
        cis_aws=("3.1", "4.5"),
        cis=("8.11",),
    ),
)
def audit_trail(self: Rule, case: Case) -> Iterator[Outcome]:
    """Logging stopped, narrowed or deleted, by anyone, pipelines and services too. Denied attempts changed nothing.

    New event selectors are a finding when they leave out management events, reads or writes; an updated trail when it
    gives up regions, global events, log validation or encryption. For Google: a sink that is switched off or leaves
    more out, an exclusion, a bucket that keeps less than 30 days, and audit logs that a policy no longer asks for.
    """
    for deed in case.deeds:
        if deed.category != Category.AUDIT_TRAIL:
            continue
        if deed.outcome != "ok" or not _narrows(deed):
            yield self.clear(f"{deed.action} by {deed.account or deed.actor}")
            continue
        who = case.name(deed.person) if deed.person else (deed.account or deed.actor or "somebody").rsplit("/", 1)[-1]
        yield self.finding(
            thing=deed.event_id,
            person=deed.person,
            account=deed.account,
            system=case.systems.of(deed.provider, deed.scope, deed.resource),
            resource=deed.resource,
            credential=deed.credential,
            starts_at=deed.time,
            ends_at=deed.time,
            summary=f"{who} narrowed the audit trail of {deed.provider} {deed.scope} ({deed.action}) on "
            f"{moment(deed.time, case.config.zone)}",
            next_step="Restore the trail, and review what happened in the account since then by other means.",
            facts={"action": deed.action, "detail": deed.detail, "from": deed.source_ip, "actor": deed.actor},
            evidence=(deed.evidence,),
        )


_GIVEN_UP = ("isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation", "isOrganizationTrail")


def _narrows(deed: Deed) -> bool:
    """Whether the change leaves less recorded than a full trail; deleting or stopping always does."""
    asked = details(deed.detail)
    if deed.provider == "gcp":
        return google_trail.narrows(deed.action, asked)
    match deed.action.rsplit(":", 1)[-1]:
        case "UpdateTrail":
            return any(asked.get(flag) is False for flag in _GIVEN_UP)
        case "PutEventSelectors":
            basic, advanced = _objects(asked.get("eventSelectors")), _objects(asked.get("advancedEventSelectors"))
            return not (any(map(_is_whole, basic)) or any(map(_is_whole_advanced, advanced)))
        case _:
            return True


def _is_whole(selector: dict[str, Any]) -> bool:
    return selector.get("includeManagementEvents", True) is True and selector.get("readWriteType", "All") == "All"


def _is_whole_advanced(selector: dict[str, Any]) -> bool:
    """Whether it keeps all management events: it selects them and excludes nothing."""
    fields = _objects(selector.get("fieldSelectors"))
    chosen = [field.get("equals") for field in fields if field.get("field") == "eventCategory"]
    return len(chosen) == len(fields) and any("Management" in (names or ()) for names in chosen)


def _objects(value: Any) -> Sequence[dict[str, Any]]:
    """The objects of a list; what a request should not hold is passed over."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
