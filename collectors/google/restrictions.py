"""What narrows and widens IAM's bindings: deny policies, principal access boundaries, and what may be asked for.

As Google's interfaces and gcloud write them; rows keep what is needed of them.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from auditor.model.details import as_object, as_objects, texts
from auditor.model.tables import Grant, Policy
from collectors.google.bindings import Bound, MalformedError, Object, named
from collectors.google.members import GCP, member
from collectors.reading import Stamp
from collectors.rows import policy

KINDS = {
    "/denypolicies/": "deny policies",
    "/principalAccessBoundaryPolicies/": "principal access boundaries",
    "/policyBindings/": "principal access boundaries",
    "/entitlements/": "entitlements of Privileged Access Manager",
}
"""What a record is by its name."""


def kind_of(entry: Object) -> str | None:
    """Which of these a record is; None for another."""
    name = str(entry.get("name") or "")
    return next((kind for part, kind in KINDS.items() if part in name), None)


def rows_of(entry: Object, at: Stamp) -> Iterator[Policy | Grant]:
    """A record as rows.

    Raises:
        MalformedError: it is not whole.
    """
    name = named(entry, "name", "a policy")
    if "/denypolicies/" in name:
        yield _denial(entry, name, at)
    elif "/principalAccessBoundaryPolicies/" in name:
        rules = as_objects(as_object(entry.get("details")).get("rules"))
        yield _policy(at, "access-boundary", name, "", {"rules": rules})
    elif "/policyBindings/" in name:
        target = str(as_object(entry.get("target")).get("principalSet") or "")
        bound = {"policy": entry.get("policy"), "condition": entry.get("condition")}
        yield _policy(at, "policy-binding", name, target, bound)
    elif "/grants/" not in name:
        # The grants of an entitlement stand as bindings while they last.
        yield from _eligible(entry, name, at)


def _denial(entry: Object, name: str, at: Stamp) -> Policy:
    if "rules" not in entry:
        raise MalformedError(f"{name} stands without its rules, which `gcloud iam policies get` prints")
    place = unquote(name.split("/")[1])
    return _policy(at, "deny", name, _place(f"//{place}"), {"rules": as_objects(entry["rules"])})


def _eligible(entry: Object, name: str, at: Stamp) -> Iterator[Grant]:
    """A grant for each that may ask for a role; it is held only once it is given."""
    access = as_object(as_object(entry.get("privilegedAccess")).get("gcpIamAccess"))
    users = [who for one in as_objects(entry.get("eligibleUsers")) for who in texts(one.get("principals"))]
    approved = "with approval" if entry.get("approvalWorkflow") else "without approval"
    title = f"entitlement {name.rpartition('/')[2]}"
    for bound in as_objects(access.get("roleBindings")):
        condition = {
            "expression": str(bound.get("conditionExpression") or ""),
            "title": title,
            "entitlement": title,
            "description": f"for at most {entry.get('maxRequestDuration')}, {approved}",
        }
        for who in users:
            role, place = named(bound, "role", "a role of an entitlement"), _place(str(access.get("resource") or ""))
            yield GCP.grant(at, member(who), role, place, condition=json.dumps(condition, ensure_ascii=False))


def _place(resource: str) -> str:
    """A resource as rows name it."""
    return Bound(resource, "", ()).name.removeprefix("projects/")


def _policy(at: Stamp, kind: str, name: str, attached_to: str, document: dict[str, Any]) -> Policy:
    return policy(at, name, kind, attached_to, document, name.rpartition("/")[2])
