"""What changes of IAM policies in Google's log added for whom: as it tells it, or by the policy as it stood before."""

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.activity.results import JudgedEvent
from auditor.model.details import as_object, as_objects, details, texts
from auditor.providers.google.conditions import no_wider
from auditor.providers.google.holders import Directory
from auditor.providers.google.roles import is_custom

_BASIC = frozenset({"roles/owner", "roles/editor"})
NEVER_SET = "ACAB"
"""The tag of a policy that was never set."""
_UNKNOWN = "the log has the policy as it was set, and not who was in it before"
Delta = Mapping[str, Any]


def deltas_in(told: Mapping[str, Any]) -> list[Delta]:
    """The bindings that came and went, as a detail tells them, each with a role and a member."""
    listed = as_objects(told.get("bindingDeltas"))
    return [one for one in listed if isinstance(one.get("role"), str) and isinstance(one.get("member"), str)]


class PolicyChanges:
    """The changes of a log, to be asked in their order: some services tell the whole policy and not what changed."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._whole: dict[tuple[str, str | None], list[Delta]] = {}

    def added(self, event: JudgedEvent) -> tuple[list[Delta], str]:
        """The bindings that came, but for those in whose place their member had as much; and why that is not sure."""
        deltas, why = self._deltas(event)
        gone = [one for one in deltas if one.get("action") == "REMOVE"]
        came = [one for one in deltas if one.get("action") == "ADD" and not one["member"].startswith("deleted:")]
        return [one for one in came if not any(self._is_no_more(one, other) for other in gone)], why

    def _deltas(self, event: JudgedEvent) -> tuple[list[Delta], str]:
        told = details(event.detail)
        if "bindingDeltas" in told:
            return deltas_in(told), ""
        policy = told.get("policy")
        if not isinstance(policy, dict) or not _sets_policy(event.action):
            return [], ""
        place, now = (event.scope, event.resource), list(_bound(policy))
        before = self._whole.get(place, [] if policy.get("etag") == NEVER_SET else None)
        self._whole[place] = now
        came = [{**one, "action": "ADD"} for one in now if one not in (before or ())]
        gone = [{**one, "action": "REMOVE"} for one in before or () if one not in now]
        return [*came, *gone], _UNKNOWN if before is None else ""

    def _is_no_more(self, delta: Delta, gone: Delta) -> bool:
        """Whether a binding gives nothing that another one did not: the same or less of the role, no longer."""
        role, before = str(delta["role"]), str(gone["role"])
        same = delta["member"] == gone["member"] and (role == before or self._is_less(role, before))
        expressions = (str(as_object(one.get("condition")).get("expression") or "") for one in (delta, gone))
        return same and no_wider(*expressions)

    def _is_less(self, role: str, before: str) -> bool:
        """Whether a role is known to give less than another: than a basic one, or one of the same service."""
        directory, service = self._directory, role.partition(".")[0]
        held = directory.capabilities(role)
        comparable = before in _BASIC or (not is_custom(role) and service == before.partition(".")[0])
        return comparable and bool(held) and held < directory.capabilities(before) and not directory.acts(role)


def _sets_policy(action: str) -> bool:
    """Whether what is called a policy in an action's detail says who is bound to which role."""
    return action.lower().endswith("setiampolicy") or action.startswith("bigquery:datasetservice.")


def _bound(policy: Delta) -> Iterator[Delta]:
    """Each member of each binding of a policy."""
    for binding in as_objects(policy.get("bindings")):
        told = {"role": binding.get("role"), "condition": as_object(binding.get("condition"))}
        yield from ({**told, "member": one} for one in texts(binding.get("members")) if isinstance(told["role"], str))
