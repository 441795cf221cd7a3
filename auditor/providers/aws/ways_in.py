"""What else a call takes than a right: a key or password that still opens the account, an assignment that stands."""

from collections.abc import Collection
from datetime import datetime
from functools import cached_property

from msgspec import Struct

from auditor.activity.results import UsedAct
from auditor.evidence.snapshots import Snapshots
from auditor.providers.aws.accounts import IDENTITY_CENTER, RESERVED
from auditor.providers.aws.assigned import Assigned
from auditor.providers.aws.principals import Directory, Principal
from auditor.providers.aws.reach import Hop
from auditor.providers.permitted import DENIED, Answer, Permitted, allowed, any_of, not_known

_LASTING = "AKIA"
_NOTHING_NEEDED = Permitted(Answer.ALLOWED)


def aws_become(rows: Snapshots, accounts: Collection[str], at: datetime) -> frozenset[str]:
    """The roles that users of Identity Center are assigned, as IAM has them."""
    users = [one for one in accounts if one.startswith(IDENTITY_CENTER)]
    if not users:
        return frozenset()
    directory = Directory.of(rows)
    hops = WaysIn(rows, directory, at).assigned.hops
    return frozenset(hop.role for user in users for hop in hops.get(user, ()))


class WaysIn(Struct, dict=True):
    """The keys, passwords and assignments in rows at a moment."""

    rows: Snapshots
    directory: Directory
    at: datetime

    @cached_property
    def assigned(self) -> Assigned:
        """What Identity Center's assignments come to."""
        reserved = (row for row in self.directory.accounts.values() if RESERVED in row.account)
        roles = {row.account: self.directory.principal(row, self.at) for row in reserved}
        return Assigned.of(self.directory, roles, self.rows, self.at)

    @cached_property
    def keys(self) -> dict[str, tuple[set[str], int, int]]:
        """Of each account the ids of its keys that can be used, how many have none told, and its passwords."""
        found: dict[str, tuple[set[str], int, int]] = {}
        for row in self.rows.credentials:
            if row.enabled and row.lasts(self.at):
                ids, nameless, passwords = found.get(row.account, (set(), 0, 0))
                is_key, has_id = row.kind == "access-key", not row.credential.startswith("access-key:")
                ids |= {row.credential} if is_key and has_id else set()
                found[row.account] = ids, nameless + (is_key and not has_id), passwords + (row.kind == "password")
        return found

    def key(self, account: str, credential: str | None) -> Permitted:
        """Whether a lasting key that was used still opens its account."""
        if not (credential or "").startswith(_LASTING) or not self.rows.credentials:
            return _NOTHING_NEEDED
        ids, nameless, _ = self.keys.get(account, (set(), 0, 0))
        if credential in ids:
            return allowed(f"access key {credential}")
        if nameless <= 1:
            return allowed("its access key") if nameless else DENIED
        return not_known("which of its keys it was is not told", *("an access key",) * nameless)

    def password(self, account: str) -> Permitted:
        """Whether a user can still sign in to the console."""
        if not any(row.kind == "password" for row in self.rows.credentials):
            return not_known("whether there is a password was not read")
        _, _, passwords = self.keys.get(account, (set(), 0, 0))
        return allowed("the password") if passwords else DENIED

    def session(self, role: Principal, act: UsedAct) -> Permitted:
        """Whether a user of Identity Center still becomes the role that they acted as."""
        if RESERVED not in role.arn or not role.is_role:
            return _NOTHING_NEEDED
        hops = [
            (user, hop) for user, every in sorted(self.assigned.hops.items()) for hop in every if hop.role == role.arn
        ]
        if (act.opener or "").startswith(IDENTITY_CENTER):
            return any_of(allowed(_words(hop)) for user, hop in hops if user == act.opener)
        why = "which user of Identity Center it was is not told"
        return any_of(not_known(why, f"{user}: {_words(hop)}") for user, hop in hops)

    def of_user(self, act: UsedAct) -> Permitted:
        """What Identity Center's users do there: sign in, and ask for a role's session by its permission set's name."""
        if act.action not in ("sso:GetRoleCredentials", "sso:Federate"):
            return _NOTHING_NEEDED
        asked = (act.resource or "").split()
        named = [
            hop
            for hop in self.assigned.hops.get(act.account or "", ())
            if any(one in asked for one in set_names(hop.role))
        ]
        if len(named) > 1:
            return not_known("in which account it was is not told", *map(_words, named))
        return any_of(allowed(_words(hop)) for hop in named)


def set_names(role: str) -> tuple[str, str]:
    """What a permission set may be called by its role in an account: the role's own name there, and the set's."""
    name = role.rpartition(RESERVED)[2]
    return name, name.rpartition("_")[0]


def _words(hop: Hop) -> str:
    return ", ".join(hop.steps)
