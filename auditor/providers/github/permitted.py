"""Whether GitHub's roles allow acts, as its audit log names them, and deployments."""

import re
from collections.abc import Sequence
from datetime import datetime

from auditor.activity.results import UsedAct
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.groups import grouped
from auditor.model.tables import Grant
from auditor.model.vocabulary import Category
from auditor.providers.forge import DEPLOYMENT, by_roles, path_of
from auditor.providers.github.rights import ADMIN, OWNER, WRITE, rank
from auditor.providers.permitted import DENIED, Permitted, allowed, not_known

_WRITES = re.compile(rf"github:(?:git\.push|pull_request\.merge|workflows\..+|{DEPLOYMENT})")
_ANY_KEY = "github-deploy-key"


def github_permitted(config: Config, rows: Snapshots, acts: Sequence[UsedAct], at: datetime) -> Sequence[Permitted]:
    """Whether each act's account may do that in its repository or organisation, with the roles that it has."""
    del config
    places = _Places(rows, at)
    return [places.permits(act) for act in acts]


class _Places:
    def __init__(self, rows: Snapshots, at: datetime) -> None:
        self._disabled = {row.account for row in rows.accounts if row.enabled is False}
        held = (one for one in rows.grants if one.provider == "github" and one.lasts(at))
        self._held = grouped((one.principal, one) for one in held)

    def permits(self, act: UsedAct) -> Permitted:
        """Whether roles allow it."""
        account, place = act.account or "", act.scope.casefold()
        if account in self._disabled:
            return DENIED
        if act.category == Category.LOGIN:
            return allowed("its account")
        held = self._in(account, place)
        if why := _untold(act, held):
            return not_known(why, *self._words(account, held, place))
        least, sure = (WRITE, WRITE) if _WRITES.fullmatch(act.action) else (WRITE, ADMIN if "/" in place else OWNER)
        return by_roles(((rank(grant.role), grant) for grant in held), least=least, sure=sure)

    def _in(self, account: str, place: str) -> list[Grant]:
        """What somebody holds in a repository, or in any of an organisation's."""
        inside = place if "/" in place else f"{place}/"
        return [one for one in self._held[account] if one.resource.casefold() == place or _is_in(one.resource, inside)]

    def _words(self, account: str, held: Sequence[Grant], place: str) -> list[str]:
        """Everything that may have allowed it."""
        if account != _ANY_KEY:
            return [", ".join(reversed(path_of(grant))) for grant in held]
        return [
            f"{name} of {place}" for name in self._held if name.startswith(f"{_ANY_KEY}:") and self._in(name, place)
        ]


def _is_in(resource: str, organisation: str) -> bool:
    return organisation.endswith("/") and resource.casefold().startswith(organisation)


def _untold(act: UsedAct, held: Sequence[Grant]) -> str | None:
    """Why roles do not tell whether it is allowed."""
    if act.account == _ANY_KEY:
        return "which deploy key it was is not in the log"
    if any(grant.role.startswith("app (") for grant in held):
        return "what an app's permissions let it do there is not in the evidence"
    if act.category == Category.READ and not _WRITES.fullmatch(act.action):
        return "whether others may read it as well is not in the evidence"
    return None
