"""The least rights that Google's collectors can do with, made from what each declares."""

import json
from collections.abc import Iterable
from typing import Any

from collectors.permissions import Rights
from collectors.registry import COLLECTORS

_KIND = "gcp-"
_BROKER = "google-pam"


def rights() -> Rights:
    """A custom role for all of them."""
    how = (
        "Save it as role.json, make the role with `gcloud iam roles create auditor --organization=… "
        "--file=role.json`, and grant it to the auditor's account; with Groups Reader in Google Workspace, the "
        "members of groups are known."
    )
    return Rights(json.dumps(google_role(), indent=2), how)


def broker_rights() -> Rights:
    """Another custom role, for the grants of Privileged Access Manager."""
    how = (
        "Save it as role.json, make the role with `gcloud iam roles create auditorPam --organization=… "
        "--file=role.json`, and grant it to the auditor's account on each of the source's scopes."
    )
    role = {"title": "Production access auditor, grants", "stage": "GA"}
    return Rights(json.dumps({**role, "includedPermissions": sorted(COLLECTORS[_BROKER].PERMISSIONS)}, indent=2), how)


def google_role(kinds: Iterable[str] = tuple(COLLECTORS)) -> dict[str, Any]:
    """A custom role, as `gcloud iam roles create --file` takes it, for what the collectors of these kinds call."""
    permissions = {name for kind in kinds if kind.startswith(_KIND) for name in COLLECTORS[kind].PERMISSIONS}
    return {
        "title": "Production access auditor",
        "description": "Reads who has access and what was done, and changes nothing.",
        "stage": "GA",
        "includedPermissions": sorted(permissions),
    }
