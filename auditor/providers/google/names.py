"""Whether an account is one that deny policies and access boundaries name, in the words that they have for it."""

import re
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from auditor.providers.google.crowds import is_crowd
from auditor.providers.google.holders import Directory
from auditor.providers.google.projects import ProjectTree
from auditor.providers.google.reach import account_project

_EVERYBODY = "principalSet://goog/public:all"
_ONE = re.compile(r"principal://(?:goog/subject|iam\.googleapis\.com/projects/-/serviceAccounts)/(.+)")
_GROUP = re.compile(r"principalSet://goog/group/(.+)")
_CUSTOMER = re.compile(
    r"principalSet://goog/cloudIdentityCustomerId/.+|//iam\.googleapis\.com/locations/global/workspace/.+"
)
_ROBOTS = re.compile(
    r"(?:principalSet:)?//cloudresourcemanager\.googleapis\.com/((?:projects|folders|organizations)/[^/]+)(/type/\w+)?"
)
_POOL = re.compile(
    r"(?:principal|principalSet):(//iam\.googleapis\.com/.*?(?:workforce|workloadIdentity)Pools/[^/]+)/.*"
)


class Names(Struct, frozen=True):
    """Who is who at a moment.

    Args:
        scopes: the projects that listed a service account as their own.
    """

    land: ProjectTree
    directory: Directory
    scopes: Mapping[str, str]
    at: datetime

    def __call__(self, entry: str, account: str) -> bool | None:
        """Whether an entry names an account; None where the evidence does not tell."""
        if entry == _EVERYBODY or entry.startswith("deleted:"):
            return entry == _EVERYBODY
        if one := _ONE.fullmatch(entry):
            return account.partition(":")[2].casefold() == one[1].casefold()
        if group := _GROUP.fullmatch(entry):
            return self._in_group(f"group:{group[1].lower()}", account)
        place = _ROBOTS.fullmatch(entry)
        if place and account.startswith("serviceAccount:"):
            return self._lives_in(account, place[1])
        if place or _CUSTOMER.fullmatch(entry):
            may_be = account.startswith("user:") and not (place and (place[2] or place[1].startswith("projects/")))
            return None if may_be else False
        return self._of_pool(entry, account)

    def _in_group(self, group: str, account: str) -> bool | None:
        if group not in self.directory.known_groups:
            return None
        inside = {holder.account for holder in self.directory.holders(group, self.at)}
        return account in inside or (None if any(map(is_crowd, inside)) else False)

    def _lives_in(self, account: str, place: str) -> bool | None:
        home = account_project(account, self.scopes, self.land)
        return home in self.land.under(place.removeprefix("projects/")) if home else None

    def _of_pool(self, entry: str, account: str) -> bool | None:
        """An entry for identities of other providers, which stand in bindings as they stand here."""
        entry, pool = entry.removesuffix("/*"), _POOL.fullmatch(account)
        if account in (entry, f"{entry}/*") or not pool:
            return account in (entry, f"{entry}/*")
        if pool[1] == entry.partition(":")[2] or pool[1] == entry:
            return True
        two_subjects = entry.startswith("principal:") and account.startswith("principal:")
        # Another name for some of the same pool: who that is, is told when they sign in.
        return None if entry.partition(":")[2].startswith(f"{pool[1]}/") and not two_subjects else False
