"""The membership that fits what somebody did in GitLab, with a day on which it ends."""

import json
from datetime import datetime
from functools import partial
from shlex import quote
from urllib.parse import quote as in_path

from auditor.providers.forge_fit import Forge, fitted_role
from auditor.providers.gitlab.permitted import gitlab_permitted
from auditor.providers.gitlab.rights import access_level, gitlab_access


def _file(place: str, role: str, ends: datetime | None) -> tuple[str, str]:
    del place
    level: dict[str, int | str] = {"access_level": access_level(role)}
    return "member.json", json.dumps(level | ({"expires_at": f"{ends:%Y-%m-%d}"} if ends else {}), indent=2) + "\n"


def _steps(account: str, place: str, name: str, ends: datetime | None) -> list[str]:
    del ends  # stands in the file
    user, project = in_path(account.partition(":")[2], safe=""), in_path(place, safe="")
    members = f"projects/{project}/members/USER_ID"
    put = f"glab api --method PUT {quote(members)} --input {quote(name)} -H 'Content-Type: application/json'"
    return [f"glab api {quote(f'users?username={user}')}  # its id is USER_ID below", put]


_GITLAB = Forge(
    name="gitlab",
    permits=gitlab_permitted,
    resolve=gitlab_access,
    roles=("Reporter", "Developer", "Maintainer", "Owner"),
    file=_file,
    steps=_steps,
    unseen=("pushes, and what was read: GitLab's audit events have neither",),
)

fitted_membership = partial(fitted_role, _GITLAB)
"""The lowest access level in each project that allows what was done there."""
