"""Whether GitLab's roles allow acts: deployments by what protects the environment, the rest by access level."""

import re
from collections.abc import Sequence
from datetime import datetime

from auditor.activity.results import UsedAct
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.groups import grouped
from auditor.model.vocabulary import Capability, Category
from auditor.providers.forge import DEPLOYMENT, anybody, by_roles, path_of
from auditor.providers.gitlab.protections import groups_above
from auditor.providers.gitlab.rights import DEVELOPER, MAINTAINER, UNREAD, access_level, gitlab_access
from auditor.providers.permitted import DENIED, Permitted, allowed, any_of, not_known

_OWNER = 50
_BOT = re.compile(r"gitlab:(?:project|group)_\d+_bot\w*")


def gitlab_permitted(config: Config, rows: Snapshots, acts: Sequence[UsedAct], at: datetime) -> Sequence[Permitted]:
    """Whether each act's account may do that in its project or group, with the roles and tokens that it has."""
    projects = _Projects(config, rows, at)
    return [projects.permits(act) for act in acts]


class _Projects:
    def __init__(self, config: Config, rows: Snapshots, at: datetime) -> None:
        self._deploys = [
            path
            for path in gitlab_access(config, rows, anybody, at).access
            if Capability.DEPLOY in path.capabilities and path.credential is None
        ]
        held = (one for one in rows.grants if one.provider == "gitlab" and one.lasts(at))
        self._held = grouped(((one.principal, one.resource.casefold()), one) for one in held)
        self._names = {row.policy.casefold() for row in rows.policies}
        self._disabled = {row.account for row in rows.accounts if row.enabled is False}
        self._with_token = {row.account for row in rows.credentials if row.provider == "gitlab" and row.enabled}

    def permits(self, act: UsedAct) -> Permitted:
        """Whether roles allow it."""
        account, place = act.account or "", act.scope.casefold()
        if account in self._disabled or (_BOT.fullmatch(account) and account not in self._with_token):
            return DENIED
        if act.category == Category.LOGIN:
            return allowed("its account")
        if act.action == f"gitlab:{DEPLOYMENT}":
            return self._deployed(account, place)
        held = [one for path in (*groups_above(place), place) for one in self._held[account, path]]
        if act.category == Category.READ:
            words = (", ".join(reversed(path_of(grant))) for grant in held)
            return not_known("whether others may read it as well is not in the evidence", *words)
        added = [
            not_known("what its custom role adds may allow it", grant.role) for grant in held if grant.capabilities
        ]
        sure = MAINTAINER if f"gitlab:{place}#project" in self._names else _OWNER
        by_level = by_roles(((access_level(grant.role), grant) for grant in held), least=DEVELOPER, sure=sure)
        return any_of((by_level, *added))

    def _deployed(self, account: str, place: str) -> Permitted:
        paths = [path for path in self._deploys if (path.account, path.scope.casefold()) == (account, place)]
        return any_of(_by_path(", ".join(reversed(path.path)), path.conditions) for path in paths)


def _by_path(words: str, conditions: Sequence[str]) -> Permitted:
    """Whoever has it deploys; whether what protects the environment lets them is told, unless that was not read."""
    unread = next((one for one in conditions if one.startswith(UNREAD)), None)
    return not_known(unread, words) if unread else allowed(words)
