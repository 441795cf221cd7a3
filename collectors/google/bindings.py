"""IAM policies as Google's tools write them: search-all-iam-policies, asset exports, and exact policies."""

import json
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from auditor.model.details import as_objects, texts
from auditor.model.handles import write_handle
from collectors.envelopes import CUT, goes_on
from collectors.forms import csv_rows, yaml_documents
from collectors.google.groups import expanded, tabled
from collectors.google.records import Record, records, whole_list
from collectors.json_values import Broken
from collectors.packing import utf8

_PROJECT = re.compile(r"//cloudresourcemanager\.googleapis\.com/projects/([^/]+)")
_CONTAINER = re.compile(r"//cloudresourcemanager\.googleapis\.com/((?:folders|organizations)/[^/]+)")
# Storage writes `_` for the project of a bucket.
_IN_PROJECT = re.compile(r"//[^/]+/projects/(?!_/)([^/]+)/")
_APPROVED = re.compile(r"Approved by (?P<by>[^\s,]+),?\s*justification:", re.IGNORECASE)
_SELF_APPROVED = re.compile(r"Self-approved\b", re.IGNORECASE)
_HANDLES = {"projects": "project-binding", "folders": "folder-binding", "organizations": "organization-binding"}
_MARKED, _MOST_COLUMNS = re.compile(rb"(?<=[\w\"]) ?\[Required\]"), 8
_YAML_KEYS = frozenset({"bindings", "resource", "name", "etag", "includedPermissions", "assetType", "policy"})
Object = dict[str, Any]


class MalformedError(ValueError):
    """A record that is not as Google writes it; the message says why."""


class Condition(Struct, frozen=True):
    """A condition as it stands on a binding."""

    expression: str
    title: str = ""
    description: str = ""

    def text(self) -> str:
        """As evidence keeps it: JSON with its three parts."""
        parts = {"expression": self.expression, "title": self.title, "description": self.description}
        return json.dumps(parts, ensure_ascii=False)

    def approver(self, recipient: str) -> str | None:
        """Who approved it, as just-in-time tools write it into the description."""
        if approved := _APPROVED.search(self.description):
            return approved["by"]
        return recipient.partition(":")[2] if _SELF_APPROVED.match(self.description) else None


class Binding(Struct, frozen=True):
    """A role for some members, perhaps under a condition."""

    role: str
    members: tuple[str, ...]
    condition: Condition | None = None


class Bound(Struct, frozen=True):
    """A resource with its policy.

    Args:
        resource: full name, such as `//cloudresourcemanager.googleapis.com/projects/harbour-prod`.
        project: the project's id or number as its name has it; empty for folders and organizations.
        ancestors: what it lies in, `projects/<number>` first, as far as the answer says.
        audit: its `auditConfigs`, which tell what the Data Access logs record; None where the answer does not tell.
    """

    resource: str
    project: str
    ancestors: tuple[str, ...]
    bindings: tuple[Binding, ...] = field(default=())
    audit: tuple[Object, ...] | None = None

    @property
    def name(self) -> str:
        """As rows name it: the project's id, `folders/…`, `organizations/…`, else the full name."""
        if match := _PROJECT.fullmatch(self.resource):
            return match[1]
        container = _CONTAINER.fullmatch(self.resource)
        return container[1] if container else self.resource

    @property
    def is_project(self) -> bool:
        """Whether it is a project itself."""
        return bool(_PROJECT.fullmatch(self.resource))

    @property
    def number(self) -> str:
        """The project's number, where the answer says it."""
        return next((name.removeprefix("projects/") for name in self.ancestors if name.startswith("projects/")), "")

    def handle(self, member: str, role: str, condition: Condition | None, scope: str) -> str:
        """What taking a member out of a binding needs."""
        kind = _HANDLES["projects"] if self.is_project else _HANDLES.get(self.name.split("/")[0], "resource-binding")
        return write_handle(
            "gcp",
            kind,
            scope,
            resource=self.name,
            member=member,
            role=role,
            expression=condition.expression if condition else None,
            title=condition.title if condition else None,
            description=condition.description if condition else None,
        )


def entries(data: bytes, *, whole: bool = False) -> list[Record]:
    """The records of an answer or export in order; a string stands for one that cannot be read, and says why.

    The `whole` refuses the first page of several, which other files do not go on.

    Raises:
        ValueError: it is cut short, or it is no such answer.
    """
    text = utf8(data).strip()
    if not text:
        raise ValueError("it is empty")
    if text.startswith(b"["):
        found = whole_list(text)
        return [*_chained(found)] if all(map(_is_link, found)) else found
    if not text.startswith(b"{"):
        # Workspace marks the columns that a table must have: `Group Email [Required]`.
        members = csv_rows(_MARKED.sub(b"", text, count=_MOST_COLUMNS), ("group",))
        documents = yaml_documents(text, _YAML_KEYS) if members is None else tabled(members)
        if documents is not None:
            return [str(one) if isinstance(one, Broken) else one for one in documents]
    found = records(text)
    only = found[0]
    if len(found) == 1 and isinstance(only, dict):
        if only.keys() <= {"results", "nextPageToken"}:
            if whole and goes_on(only):
                raise ValueError(CUT)
            return [one if isinstance(one, dict) else "it is no JSON object" for one in only.get("results") or []]
        if "mainAnalysis" in only:
            return [*_analysed(only)]
    return found


def is_bare(entry: Record) -> bool:
    """Whether it is the policy of one resource, which does not say of which: as `get-iam-policy` prints it."""
    return isinstance(entry, dict) and "bindings" in entry and "resource" not in entry


def known(data: bytes, scope: str | None) -> None:
    """Make sure of a file that it holds records, and that what they are of is known, by themselves or by the scope.

    Raises:
        ValueError: it is cut short, or it is no such file.
    """
    if any(map(is_bare, entries(data, whole=True))) and not scope:
        raise ValueError("it is the policy of one resource and does not say of which: name that as `scope`")


def policy_of(scope: str, policy: Any) -> Object:
    """A bare policy as a record of what it is of: `projects/…`, `folders/…`, `organizations/…` or a full name."""
    resource = scope if scope.startswith("//") else f"//cloudresourcemanager.googleapis.com/{scope}"
    return {"resource": resource, "policy": policy, "exact": True}


def _is_link(entry: Record) -> bool:
    """Whether it is one of the policies that `projects get-ancestors-iam-policy` prints."""
    return isinstance(entry, dict) and {"id", "type", "policy"} <= entry.keys()


def _chained(found: list[Record]) -> Iterator[Record]:
    """Policies of a project and all that it lies in, from the inside out, as records."""
    names = [f"{one.get('type')}s/{one.get('id')}" for one in found if isinstance(one, dict)]
    for number, (name, one) in enumerate(zip(names, found, strict=True)):
        policy = one["policy"] if isinstance(one, dict) else None
        yield policy_of(name, policy) | {"ancestors": names[max(number, 1) :]}


def _analysed(answer: Object) -> Iterator[Record]:
    """The bindings that `analyze-iam-policy` found, as records of what they are attached to, and the groups in them."""
    analysis = answer["mainAnalysis"]
    results = analysis.get("analysisResults") if isinstance(analysis, dict) else None
    for one in results if isinstance(results, list) else []:
        if isinstance(one, dict):
            yield {"resource": one.get("attachedResourceFullName"), "policy": {"bindings": [one.get("iamBinding")]}}
            yield from expanded(one)


def bound(entry: Object) -> Bound:
    """A record as a resource with its policy, whichever tool wrote it.

    Raises:
        MalformedError: it is none.
    """
    resource = entry.get("resource") or entry.get("name")
    if not isinstance(resource, str) or not resource.startswith("//"):
        raise MalformedError("it names no resource")
    policy = next((entry[key] for key in ("policy", "iamPolicy", "iam_policy") if key in entry), None)
    if not isinstance(policy, dict):
        raise MalformedError("it holds no policy")
    listed = policy.get("bindings", [])
    if not isinstance(listed, list):
        raise MalformedError("its bindings are no list")
    match = _PROJECT.fullmatch(resource) or _IN_PROJECT.match(resource)
    return Bound(
        resource=resource,
        project=match[1] if match else "",
        ancestors=tuple(_ancestors(entry)),
        bindings=tuple(_binding(one) for one in listed),
        audit=_audit(policy, exact=entry.get("exact") is True),
    )


def _audit(policy: Object, *, exact: bool) -> tuple[Object, ...] | None:
    """The settings of Data Access logs; searches leave them out, and a whole policy has an etag."""
    listed = policy.get("auditConfigs")
    if listed is None:
        return () if exact and "etag" in policy else None
    return tuple(as_objects(listed)) if isinstance(listed, list) else None


def _ancestors(entry: Object) -> Iterator[str]:
    named = [entry.get("project"), *texts(entry.get("folders")), entry.get("organization")]
    yield from (name for name in (*named, *texts(entry.get("ancestors"))) if isinstance(name, str) and "/" in name)


def _binding(value: Any) -> Binding:
    if not isinstance(value, dict) or not isinstance(value.get("role"), str):
        raise MalformedError("a binding names no role")
    members = value.get("members", [])
    if not isinstance(members, list) or not all(isinstance(member, str) for member in members):
        raise MalformedError("the members of a binding are no list of names")
    return Binding(value["role"], tuple(dict.fromkeys(members)), _condition(value.get("condition")))


def _condition(value: Any) -> Condition | None:
    if value in (None, {}):
        return None
    if not isinstance(value, dict) or not isinstance(value.get("expression"), str):
        raise MalformedError("the condition of a binding cannot be read")
    title, description = value.get("title"), value.get("description")
    return Condition(
        value["expression"],
        title if isinstance(title, str) else "",
        description if isinstance(description, str) else "",
    )


def named(entry: Object, name: str, what: str) -> str:
    """A text that a record must have.

    Raises:
        MalformedError: it has not; `what` says of what.
    """
    value = entry.get(name)
    if not isinstance(value, str):
        raise MalformedError(f"{what} has no {name}")
    return value
