"""GitLab as the auditor asks it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from auditor.activity.results import Caller, JudgedEvent
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Row
from auditor.model.tables import Grant as GrantRow
from auditor.providers.base import StatedProvider
from auditor.providers.changes import Change, Seen
from auditor.providers.gitlab.fit import fitted_membership
from auditor.providers.gitlab.grant_events import gitlab_grants
from auditor.providers.gitlab.permitted import gitlab_permitted
from auditor.providers.gitlab.protections import UNATTENDED
from auditor.providers.gitlab.replay import gitlab_changes
from auditor.providers.gitlab.rights import DEVELOPER, MAINTAINER, access_level, gitlab_access
from auditor.providers.gitlab.settings import setting
from auditor.providers.gitlab.without import gitlab_without
from auditor.providers.protocol.names import AccountName
from auditor.providers.settings import Setting
from auditor.providers.unseen import Unseen, lost_grants, unlogged

_USER, _NUMBERED_USER = "gitlab:", "gitlab-user:"
_PATH = re.compile(r"[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)*", re.ASCII)


class Gitlab(StatedProvider):
    """GitLab."""

    TITLE = "GitLab"
    REPLAYED = ("gitlab-access",)
    OWN_CALLER = "(System)"
    # All variables of a project or group, by pages of a hundred at most.
    SECRETS_LISTED = (("^gitlab:.*/variables$", 100),)
    UNATTENDED = UNATTENDED
    NOT_READ = (
        "whether a runner takes jobs of protected branches only",
        "variables that Developers can print from pipelines of their own branches",
        "job tokens that other projects' pipelines may use, and protected tags",
        "who may merge to a protected branch: that changes what others may then deploy, and is no way to deploy it",
        "administrators of the server who are members of nothing that is read",
    )

    rights = staticmethod(gitlab_access)
    permitted = staticmethod(gitlab_permitted)
    fitted = staticmethod(fitted_membership)
    grant_events = staticmethod(gitlab_grants)
    without = staticmethod(gitlab_without)

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
        """Values before and after, and members who came and went."""
        return setting(asked)

    def changes(self, event: JudgedEvent, seen: Seen) -> Iterator[Change]:
        """Members who come, go, and change their level."""
        return gitlab_changes(event, seen.accounts, seen.policies)

    def unseen(self, rows: Snapshots, after: Snapshots, from_: datetime, at: datetime) -> Iterator[Unseen]:
        """What is pushed, merged and read: no audit event tells of it."""
        lost = lost_grants(self.name, rows, after)
        yield from unlogged(rows, lost, from_, _with_code, "GitLab's audit events do not tell of that")

    def places_to_log(self, accounts: Iterable[Account], credentials: Iterable[Credential]) -> Mapping[str, Row]:
        """None: audit events are of projects and groups, and not of the server that accounts are on."""
        return {}


def _with_code(grant: GrantRow) -> str:
    """What a role lets do with code."""
    level = access_level(grant.role)
    if level >= MAINTAINER:
        return "pushing, merging and reading code, and changing settings where no audit events are read"
    return "pushing, merging and reading code" if level >= DEVELOPER else "reading code"
