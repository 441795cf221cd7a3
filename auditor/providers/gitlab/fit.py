"""The membership that fits what somebody did in GitLab, with a day on which it ends."""

import json
from datetime import datetime
from shlex import quote
from urllib.parse import quote as in_path

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.providers.fitted import Fitted, Work
from auditor.providers.forge import anybody
from auditor.providers.forge_fit import Forge, fitted_role
from auditor.providers.gitlab.permitted import gitlab_permitted
from auditor.providers.gitlab.rights import access_level, gitlab_access


def fitted_membership(config: Config, rows: Snapshots, work: Work) -> Fitted:
    """The lowest access level in each project that allows what was done there."""
    return fitted_role(
        _GITLAB,
        lambda held, acts: gitlab_permitted(config, held, acts, work.at),
        lambda held: gitlab_access(config, held, anybody, work.at),
        rows,
        work,
    )


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
    roles=("Reporter", "Developer", "Maintainer", "Owner"),
    file=_file,
    steps=_steps,
    unseen=("pushes, and what was read: GitLab's audit events have neither",),
)
