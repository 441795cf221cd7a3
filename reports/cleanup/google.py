"""Bindings and keys of Google Cloud, taken away with gcloud, and OS Login's keys through its API."""

import re

from auditor.model.handles import Handle
from reports.cleanup.rights import Remover, Right, is_name, text
from reports.words import shown

_BINDINGS = {
    "project-binding": re.compile(r"[a-z0-9][a-z0-9:.-]*"),
    "folder-binding": re.compile(r"folders/[0-9]+"),
    "organization-binding": re.compile(r"organizations/[0-9]+"),
}
# Whoever runs the script may be in any group or domain.
_MEMBER = re.compile(r"(?:deleted:)?(?:user|serviceAccount):.+|allUsers|allAuthenticatedUsers")
_KEY = re.compile(r"[0-9a-f]+")
_LOGIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\$?")
_PRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_PLACE = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_ROBOT = re.compile(r"[a-z0-9][a-z0-9.-]*@[a-z0-9.-]+")


def _right(handle: Handle) -> Right | None:
    """The right that a handle names; None where there is no step for it."""
    return _READERS.get(text(handle, "type"), _binding)(handle)


def _binding(handle: Handle) -> Right | None:
    kind, resource, member, role = (text(handle, name) for name in ("type", "resource", "member", "role"))
    condition = [(name, text(handle, name)) for name in ("expression", "title", "description") if text(handle, name)]
    usable = kind in _BINDINGS and _BINDINGS[kind].fullmatch(resource) and _MEMBER.fullmatch(member)
    if not usable or not all(map(is_name, (member, role, *(value for _, value in condition)))):
        return None
    terms = dict(condition)
    under = f" under the condition {terms.get('title', 'without a title')}" if condition else ""
    place = f"{kind.removesuffix('-binding')} {resource.split('/')[-1]}{under}"
    return Right(
        provider="gcp",
        kind=kind,
        account=resource,
        holder_kind="member",
        holder=member,
        name=role,
        what=shown(f"Remove {member} from {role} on {place}"),
        again=shown(f"Give {member} {role} on {place} again"),
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
        again=f"Enable key {key} of service account {robot} in project {project} again",
        held_by=f"serviceAccount:{robot}",
    )


def _metadata_key(handle: Handle) -> Right | None:
    """A line of `ssh-keys`; the older `sshKeys` is left to people."""
    known = [text(handle, name) for name in ("account", "user", "fingerprint", "zone", "instance")]
    project, login, print_, zone, instance = known
    named = _BINDINGS["project-binding"].fullmatch(project) and _LOGIN.fullmatch(login) and _PRINT.fullmatch(print_)
    placed = (_PLACE.fullmatch(zone) and _PLACE.fullmatch(instance)) or not (zone or instance)
    if not named or not placed or text(handle, "item") != "ssh-keys":
        return None
    where = f"instance {instance} in project {project}" if instance else f"project {project}"
    return Right(
        provider="gcp",
        kind="metadata-key",
        account=project,
        holder_kind="user",
        holder=login,
        name=print_,
        what=f"Remove the SSH key {print_} of login {login} from the metadata of {where}",
        again=f"Put the SSH key {print_} of login {login} back into the metadata of {where}",
        held_by=f"ssh:{login}@{instance or project}",
        details=(("zone", zone), ("instance", instance)),
    )


def _os_login_key(handle: Handle) -> Right | None:
    project, email, key, print_ = (text(handle, name) for name in ("account", "user", "key", "fingerprint"))
    named = _BINDINGS["project-binding"].fullmatch(project) and _ROBOT.fullmatch(email) and _PRINT.fullmatch(print_)
    if not named or not _KEY.fullmatch(key):
        return None
    return Right(
        provider="gcp",
        kind="os-login-key",
        account=project,
        holder_kind="user",
        holder=email,
        name=print_,
        what=f"Remove the SSH key {print_} from the OS Login profile of {email}",
        again=f"Put the SSH key {print_} back into the OS Login profile of {email}",
        held_by=f"user:{email}",
        details=(("key", key),),
    )


_READERS = {"service-account-key": _key, "metadata-ssh-key": _metadata_key, "os-login-key": _os_login_key}

GOOGLE = Remover(
    tool="gcloud",
    kinds=("service-account-key", "metadata-key", "os-login-key", *_BINDINGS),
    right_of=_right,
    deletes={"service-account-key": "Delete key {name} of service account {holder} in project {account}"},
)
