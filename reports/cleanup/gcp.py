"""Bindings and service account keys of Google Cloud, taken away with gcloud."""

import re

from auditor.model.handles import Handle
from reports.cleanup.rights import Right, is_name, text
from reports.words import shown

_BINDINGS = {
    "project-binding": re.compile(r"[a-z0-9][a-z0-9:.-]*"),
    "folder-binding": re.compile(r"folders/[0-9]+"),
    "organization-binding": re.compile(r"organizations/[0-9]+"),
}
# Whoever runs the script may be in any group or domain.
_MEMBER = re.compile(r"(?:deleted:)?(?:user|serviceAccount):.+|allUsers|allAuthenticatedUsers")
_KEY = re.compile(r"[0-9a-f]+")
_ROBOT = re.compile(r"[a-z0-9][a-z0-9.-]*@[a-z0-9.-]+")


def gcp_right(handle: Handle) -> Right | None:
    """The right that a handle names; None where there is no step for it."""
    return _key(handle) if text(handle, "type") == "service-account-key" else _binding(handle)


def _binding(handle: Handle) -> Right | None:
    kind, resource, member, role = (text(handle, name) for name in ("type", "resource", "member", "role"))
    condition = [(name, text(handle, name)) for name in ("expression", "title", "description") if text(handle, name)]
    usable = kind in _BINDINGS and _BINDINGS[kind].fullmatch(resource) and _MEMBER.fullmatch(member)
    if not usable or not all(map(is_name, (member, role, *(value for _, value in condition)))):
        return None
    terms = dict(condition)
    under = f" under the condition {terms.get('title', 'without a title')}" if condition else ""
    return Right(
        provider="gcp",
        kind=kind,
        account=resource,
        holder_kind="member",
        holder=member,
        name=role,
        what=shown(f"Remove {member} from {role} on {kind.removesuffix('-binding')} {resource.split('/')[-1]}{under}"),
        held_by=member,
        details=(
            ("condition", _condition(condition)),
            *((name, terms.get(name, "")) for name in ("expression", "title", "description")),
        ),
    )


def _condition(terms: list[tuple[str, str]]) -> str:
    """A condition as gcloud takes it, its parts between signs that none of them holds."""
    if not terms:
        return "None"
    between = ":::"
    while any(between in value or value.endswith(":") for _, value in terms):
        between = f"#{between}#"
    return f"^{between}^{between.join(f'{name}={value}' for name, value in terms)}"


def _key(handle: Handle) -> Right | None:
    project, robot, key = (text(handle, name) for name in ("account", "service_account", "key"))
    if not _BINDINGS["project-binding"].fullmatch(project) or not _ROBOT.fullmatch(robot) or not _KEY.fullmatch(key):
        return None
    return Right(
        provider="gcp",
        kind="service-account-key",
        account=project,
        holder_kind="service_account",
        holder=robot,
        name=key,
        what=f"Disable key {key} of service account {robot} in project {project}",
        held_by=f"serviceAccount:{robot}",
    )
