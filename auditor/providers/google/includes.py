"""Whether a role holds a permission: custom ones by their content, Google's own by what their names tell."""

import re
from collections.abc import Collection
from functools import lru_cache

from auditor.model.vocabulary import Capability
from auditor.providers.google.permissions import capability, is_looking
from auditor.providers.google.roles import is_custom, is_viewing, of_role, ways_of_acting

_OWNERS = ("roles/owner", "roles/admin")
_EDITORS = ("roles/editor", "roles/writer")
_VIEWERS = ("roles/viewer", "roles/reader")
# Roles that hold permissions of many services.
_OF_MANY = re.compile(
    r"roles/(?:(?:appengine|cloudbuild|composer|dataflow|dataproc|deploymentmanager|firebase|workstations)\w*\..+"
    r"|\w+\.serviceAgent|iam\.security\w+|browser|securitycenter\..+|cloudasset\..+)"
)
# What nearly every role holds beside its own, and what no role over a project does.
_IN_MOST = re.compile(r"(?:resourcemanager\.projects|serviceusage\.\w+)\.\w+")
_ABOVE = re.compile(r"(?:billing|resourcemanager\.organizations|orgpolicy)\..+")
_KUBERNETES = "io.k8s."


def includes(role: str, listed: Collection[str] | None, permission: str) -> bool | None:
    """Whether a role, a custom one with what is listed in it, holds a permission; None where that cannot be told."""
    if permission.startswith(_KUBERNETES):
        return None  # Kubernetes asks its own bindings as well
    if is_custom(role):
        return None if listed is None else permission in listed
    return _of_googles(role, permission)


@lru_cache(maxsize=65536)
def _of_googles(role: str, permission: str) -> bool | None:
    gives = capability(permission)
    if permission in ways_of_acting(role):
        return True
    if role in _OWNERS:
        return None if _ABOVE.fullmatch(permission) else True
    if role in _EDITORS:
        return _of_editor(permission, gives, of_role(role))
    if role in _VIEWERS:
        return _of_viewer(permission, gives)
    service, _, rest = role.removeprefix("roles/").partition(".")
    if service == permission.partition(".")[0]:
        return _of_same_service(role, rest, permission, gives)
    related = gives in of_role(role) if gives else is_looking(permission)
    of_many = _OF_MANY.fullmatch(role) and (related or service == "iam")
    return None if of_many or _IN_MOST.fullmatch(permission) else False


def _of_editor(permission: str, gives: Capability | None, held: Collection[Capability]) -> bool | None:
    if gives is None:
        return True if is_looking(permission) else None
    return True if gives in held else None if permission.startswith("iam.service") else False


def _of_viewer(permission: str, gives: Capability | None) -> bool | None:
    if gives in (None, Capability.READ_LOGS, Capability.READ_DATA):
        return True if gives is None and is_looking(permission) else None
    return False


def _of_same_service(role: str, rest: str, permission: str, gives: Capability | None) -> bool | None:
    if rest == "admin":
        return True
    if gives is None:
        return True if is_looking(permission) and is_viewing(role) else None
    return None if gives in of_role(role) else False
