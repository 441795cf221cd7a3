"""GitLab as the auditor asks it."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from shlex import quote
from typing import Any
from urllib.parse import quote as in_path

from msgspec.structs import replace

from auditor.activity.limits import LogTraits
from auditor.activity.results import Caller, JudgedEvent
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import as_object
from auditor.model.handles import Handle
from auditor.model.tables import Grant
from auditor.providers.changes import Change, Seen
from auditor.providers.forge_provider import ForgeProvider
from auditor.providers.gitlab.grant_events import gitlab_grants
from auditor.providers.gitlab.permitted import gitlab_permitted
from auditor.providers.gitlab.protections import UNATTENDED, groups_above
from auditor.providers.gitlab.replay import gitlab_changes
from auditor.providers.gitlab.rights import DEVELOPER, MAINTAINER, access_level, gitlab_access
from auditor.providers.gitlab.runs import gitlab_runs
from auditor.providers.protocol.names import AccountName
from auditor.providers.settings import Setting, flat

_USER, _NUMBERED_USER = "gitlab:", "gitlab-user:"
_PATH = re.compile(r"[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)*", re.ASCII)

# Who did it, where and to what stands beside it already.
_SAID = ("author_", "target_", "ip_address", "entity_", "event_name", "custom_message", "human_author_")
# By which of their keys and tokens somebody came is in no audit event.
_UNTOLD = ("user-key", "project-key", "personal-access-token", "deploy-token")


class Gitlab(ForgeProvider):
    """GitLab."""

    TITLE = "GitLab"
    REPLAYED = ("gitlab-access",)
    # All variables of a project or group, by pages of a hundred at most.
    LOG = LogTraits(own_services=("(System)",), secrets_listed=(("^gitlab:.*/variables$", 100),))
    UNATTENDED = UNATTENDED
    NOT_READ = (
        "whether a runner takes jobs of protected branches only",
        "variables that Developers can print from pipelines of their own branches",
        "job tokens that other projects' pipelines may use, and protected tags",
        "who may merge to a protected branch: that changes what others may then deploy, and is no way to deploy it",
        "administrators of the server who are members of nothing that is read",
    )

    FITTING = ("Reporter", "Developer", "Maintainer", "Owner")
    FIT_UNSEEN = ("pushes, and what was read: GitLab's audit events have neither",)
    CODE_UNLOGGED = "GitLab's audit events do not tell of that"

    rights = staticmethod(gitlab_access)
    runs = staticmethod(gitlab_runs)
    permitted = staticmethod(gitlab_permitted)
    grant_events = staticmethod(gitlab_grants)

    def account_name(self, account: str) -> AccountName | None:
        """A user; of two whose names differ in case alone, a server has one."""
        return AccountName((account.casefold(),)) if account.startswith(_USER) else None

    def with_name(self, caller: Caller, named: Callable[[str], str | None]) -> Caller:
        """A user whom the log has by number alone."""
        account = named(caller.account) if caller.account and caller.account.startswith(_NUMBERED_USER) else None
        return replace(caller, account=account) if account else caller

    def asked(self, record: Mapping[str, Any]) -> Any:
        """The details of an audit event, which older servers' logs spread out in a line."""
        return record.get("details", record)

    def console(self, scope: str, resource: str | None, event_id: str | None, base: str | None) -> str | None:
        """The project or group that it was done to."""
        path = (resource or "").partition("/variables")[0]
        return f"{base.rstrip('/')}/{path}" if base and _PATH.fullmatch(path) else None

    def setting(self, action: str, asked: Any, answered: Any) -> Setting:
        """Values before and after, and members who came and went, by the details of an audit event."""
        told = as_object(asked)
        if {"from", "to"} <= told.keys():
            name = str(told.get("change") or "value")
            return Setting(values={name: str(told["to"])}, before={name: str(told["from"])})
        who = str(told.get("target_details") or "")
        if told.get("add") == "user_access":
            until = f" until {told['expiry_to']}" if told.get("expiry_to") else ""
            return Setting(gave=(("member", f"{who} as {told.get('as', '')}{until}"),))
        if told.get("remove") == "user_access":
            return Setting(took=(("member", who),))
        return Setting(values=flat({name: value for name, value in told.items() if not name.startswith(_SAID)}))

    def changes(self, event: JudgedEvent, seen: Seen) -> Iterator[Change]:
        """Members who come, go, and change their level."""
        return gitlab_changes(event, seen.accounts, seen.policies)

    def without(self, rows: Snapshots, handles: Collection[Handle]) -> Snapshots | None:
        """Without members and bots' tokens; None where one is not in the rows, or no log tells of its use."""
        left = None if any(one.get("type") in _UNTOLD for one in handles) else super().without(rows, handles)
        if left is None:
            return None
        # What is no member of a group names no group either.
        gone = {(f"gitlab-group:{one.get('path')}", f"gitlab:{one.get('username')}") for one in handles}
        held = {(grant.resource, grant.principal) for grant in left.grants if grant.provider == self.name}
        # Who was a member of a group above as well is one still.
        memberships = [
            row
            for row in left.memberships
            if (row.group, row.member) not in gone
            or any((path, row.member) in held for path in groups_above(row.group.partition(":")[2]))
        ]
        return replace(left, memberships=memberships)

    def done_with_code(self, grant: Grant) -> str:
        """Pushing, merging and reading, by the level; whoever maintains changes settings too."""
        level = access_level(grant.role)
        if level >= MAINTAINER:
            return "pushing, merging and reading code, and changing settings where no audit events are read"
        return "pushing, merging and reading code" if level >= DEVELOPER else "reading code"

    def role_file(self, place: str, role: str, ends: datetime | None) -> tuple[str, str]:
        """A membership, with the day on which it ends."""
        member = {"access_level": access_level(role), **({"expires_at": f"{ends:%Y-%m-%d}"} if ends else {})}
        return "member.json", json.dumps(member, indent=2) + "\n"

    def role_steps(self, account: str, place: str, name: str, ends: datetime | None) -> list[str]:
        """The calls that find the user's number and give it."""
        user, project = in_path(account.partition(":")[2], safe=""), in_path(place, safe="")
        members = f"projects/{project}/members/USER_ID"
        put = f"glab api --method PUT {quote(members)} --input {quote(name)} -H 'Content-Type: application/json'"
        return [f"glab api {quote(f'users?username={user}')}  # its id is USER_ID below", put]
