"""The role that fits what somebody did in GitHub's repositories; GitHub gives no role an end."""

import json
from datetime import datetime
from shlex import quote
from urllib.parse import quote as in_path

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.providers.fitted import Fitted, Work, stamp
from auditor.providers.forge import anybody
from auditor.providers.forge_fit import Forge, fitted_role
from auditor.providers.github.permitted import github_permitted
from auditor.providers.github.rights import github_access

_PERMISSIONS = {"read": "pull", "triage": "triage", "write": "push", "maintain": "maintain", "admin": "admin"}


def fitted_collaborator(config: Config, rows: Snapshots, work: Work) -> Fitted:
    """The lowest role in each repository that allows what was done there."""
    return fitted_role(
        _GITHUB,
        lambda held, acts: github_permitted(config, held, acts, work.at),
        lambda held: github_access(config, held, anybody, work.at),
        rows,
        work,
    )


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
    roles=tuple(_PERMISSIONS),
    file=_file,
    steps=_steps,
    unseen=("pushes, where GitHub's audit log has no Git events", "what was read"),
)
