"""GitHub as the auditor asks it."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from shlex import quote
from types import MappingProxyType
from typing import Any
from urllib.parse import quote as in_path

from auditor.model.details import as_object
from auditor.model.tables import Grant
from auditor.model.vocabulary import ActorClass
from auditor.providers.fitted import stamp
from auditor.providers.forge_provider import ForgeProvider
from auditor.providers.github.grant_events import github_grants
from auditor.providers.github.permitted import github_permitted
from auditor.providers.github.rights import WRITE, github_access, rank
from auditor.providers.github.runs import github_runs
from auditor.providers.protocol.names import AccountName
from auditor.providers.settings import Setting, flat

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(/[\w.-]+)?", re.ASCII)
_API = re.compile(r"https://api\.(?P<cloud>[\w.-]+)/?|(?P<server>https?://[\w.:-]+)/api/v3/?")
# Who did it, when, where and to whom stands beside it already.
_SAID = re.compile(
    r"[@_].*|.*_id|actor.*|action|business|created_at|hashed_token|operation_type|org|programmatic_access_type"
    r"|public_repo|repo|repository|user_agent|visibility"
)


# What workflows act as, and what GitHub does by itself.
_OWN_APPS = frozenset(
    f"github-app:{name}"
    for name in ("dependabot", "github-actions", "github-advanced-security", "github-merge-queue", "github-pages")
)
_BEFORE = re.compile(r"(?:old|previous)_")
# What the API calls the roles that somebody may be given in a repository, the lowest first.
_PERMISSIONS = {"read": "pull", "triage": "triage", "write": "push", "maintain": "maintain", "admin": "admin"}


class Github(ForgeProvider):
    """GitHub."""

    TITLE = "GitHub"
    UNATTENDED = MappingProxyType({"schedule": "a schedule"})
    VOUCHES_BY = "the company's login"
    NOT_READ = (
        "members of an organisation that are seen with their role alone, where the token's owner is no owner of it",
        "which repositories an app is installed on, where it is installed on some only",
        "workflows: which of them deploy, and from which branches people may start them",
        "self-hosted runners and who can run jobs on them",
        "what protects tags, and branches other than the default one",
        "who may merge to a protected branch: that changes what others may then deploy, and is no way to deploy it",
        "roles of an organisation by name: what they give in a repository is seen, and not by which role",
        "who held which role before the night that it was first read",
    )

    FITTING = tuple(_PERMISSIONS)
    FIT_UNSEEN = ("pushes, where GitHub's audit log has no Git events", "what was read")
    CODE_UNLOGGED = "the audit log tells of git on Enterprise Cloud alone"

    rights = staticmethod(github_access)
    runs = staticmethod(github_runs)
    permitted = staticmethod(github_permitted)
    grant_events = staticmethod(github_grants)

    def account_name(self, account: str) -> AccountName | None:
        """A user or an app; of two whose names differ in case alone, GitHub has one. Some apps are its own."""
        if not account.startswith(("github:", "github-app:")):
            return None
        own = ActorClass.PROVIDER if account in _OWN_APPS else None
        return AccountName((account.casefold(),), actor_class=own)

    def asked(self, record: Mapping[str, Any]) -> Any:
        """An entry of the audit log is flat: it is all that there is."""
        return record

    def console(self, scope: str, resource: str | None, event_id: str | None, base: str | None) -> str | None:
        """The repository or organisation that it was done to."""
        api = _API.fullmatch(base or "")
        if api is None or not _NAME.fullmatch(resource or ""):
            return None
        server = f"https://{api['cloud']}" if api["cloud"] else api["server"]
        return f"{server}/{resource}"

    def setting(self, action: str, asked: Any, answered: Any) -> Setting:
        """Who came, went, or has another role, and values before and after."""
        told, name = as_object(asked), action.removeprefix("github:")
        who = str(told.get("user") or told.get("team") or "")
        role = f" as {told['permission']}" if told.get("permission") else ""
        if who and ".add_" in name:
            return Setting(gave=(("member", f"{who}{role}"),))
        if who and ".remove_" in name:
            return Setting(took=(("member", who),))
        own = {key: value for key, value in told.items() if not _SAID.fullmatch(key)}
        before = {_BEFORE.sub("", key): str(value) for key, value in own.items() if _BEFORE.match(key)}
        return Setting(values=flat({k: v for k, v in own.items() if not _BEFORE.match(k)}), before=before)

    def done_with_code(self, grant: Grant) -> str:
        """Pushing, where the role writes, and reading."""
        writes = rank(grant.role) >= WRITE or grant.role == "deploy key (write)"
        return "pushing and reading code" if writes else "reading code"

    def role_file(self, place: str, role: str, ends: datetime | None) -> tuple[str, str]:
        """A collaborator's permission."""
        return "collaborator.json", json.dumps({"permission": _PERMISSIONS[role]}, indent=2) + "\n"

    def role_steps(self, account: str, place: str, name: str, ends: datetime | None) -> list[str]:
        """The call that gives it, and when to take it away: GitHub gives no role an end."""
        user = in_path(account.partition(":")[2], safe="")
        given = f"repos/{in_path(place)}/collaborators/{user}"
        put = f"gh api --method PUT {quote(given)} --input {quote(name)}"
        return [put, *([f"Take it away on {stamp(ends)}: GitHub gives it no end by itself."] if ends else [])]
