"""What the holder of a right did where it reaches: no rule rests on it; whoever decides on the finding asks for it."""

from typing import Any

from msgspec.structs import replace

from auditor.case.case import Case
from auditor.model.findings import Finding
from auditor.rules.facts import stamp

_MOST_ACTIONS = 5


def with_work(finding: Finding, case: Case) -> Finding:
    """A finding about paths of somebody's access, with when they last logged in or changed something there, and how.

    Nothing is added where what was done could not be read.
    """
    if not (finding.person and finding.facts.get("paths")) or case.log_failed:
        return finding
    places: set[tuple[str | None, str | None]] = {(finding.person, finding.system)}
    if finding.system is None:
        places = {place for place in (*case.last_acts, *case.changes_made) if place[0] == finding.person}
    made = dict.fromkeys(action for place in sorted(places, key=str) for action in case.changes_made.get(place, ()))
    facts: dict[str, Any] = {"changes_seen": len(made)}
    if last := [case.last_acts[place] for place in places if place in case.last_acts]:
        facts["last_at_work"] = stamp(max(last))
    if made:
        facts["changed_by"] = list(made)[:_MOST_ACTIONS]
    return replace(finding, facts={**finding.facts, **facts})
