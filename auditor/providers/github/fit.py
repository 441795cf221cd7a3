"""The role that fits what somebody did in GitHub's repositories; GitHub gives no role an end."""

import json
from datetime import datetime
from functools import partial
from shlex import quote
from urllib.parse import quote as in_path

from auditor.providers.fitted import stamp
from auditor.providers.forge_fit import Forge, fitted_role
from auditor.providers.github.permitted import github_permitted
from auditor.providers.github.rights import github_access

_PERMISSIONS = {"read": "pull", "triage": "triage", "write": "push", "maintain": "maintain", "admin": "admin"}


def _file(place: str, role: str, ends: datetime | None) -> tuple[str, str]:
    del place, ends
    return "collaborator.json", json.dumps({"permission": _PERMISSIONS[role]}, indent=2) + "\n"


def _steps(account: str, place: str, name: str, ends: datetime | None) -> list[str]:
    user = in_path(account.partition(":")[2], safe="")
    given = f"repos/{in_path(place)}/collaborators/{user}"
    put = f"gh api --method PUT {quote(given)} --input {quote(name)}"
    return [put, *([f"Take it away on {stamp(ends)}: GitHub gives it no end by itself."] if ends else [])]


_GITHUB = Forge(
    name="github",
    permits=github_permitted,
    resolve=github_access,
    roles=tuple(_PERMISSIONS),
    file=_file,
    steps=_steps,
    unseen=("pushes, where GitHub's audit log has no Git events", "what was read"),
)

fitted_collaborator = partial(fitted_role, _GITHUB)
"""The lowest role in each repository that allows what was done there."""
