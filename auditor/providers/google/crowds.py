"""Crowds that Google lets in by one name: anybody at all, everybody of a domain."""

import re
from collections.abc import Collection, Iterable, Iterator

from auditor.model.entitlements import Entitlement, ForeignTrust
from auditor.model.groups import grouped, only

_DOMAIN = "domain:"
_LIVING = re.compile(
    r"principalSet://cloudresourcemanager\.googleapis\.com/((?:projects|folders|organizations)/[^/]+)/type/(\w+)"
)
_STAFF = re.compile(r"principalSet://iam\.googleapis\.com/locations/global/workforcePools/.+")
_ANYBODY = {"allUsers": "anybody on the internet", "allAuthenticatedUsers": "anybody with a Google account"}
ANYBODY = frozenset(_ANYBODY)


def is_crowd(account: str) -> bool:
    """Whether a member stands for more people than anybody lists."""
    return account in ANYBODY or account.startswith(_DOMAIN) or (is_staff(account) and account.endswith("/*"))


def is_staff(account: str) -> bool:
    """Whether it is a set of people whom an identity provider signs in: who is in it, only that one knows."""
    return _STAFF.fullmatch(account) is not None


def living(account: str) -> tuple[str, bool] | None:
    """Where all accounts live for which one name stands, and whether they are service accounts, not Google's own."""
    match = _LIVING.fullmatch(account)
    return (match[1].removeprefix("projects/"), match[2] == "ServiceAccount") if match else None


def trusts(paths: Iterable[Entitlement], addresses: Collection[str]) -> Iterator[ForeignTrust]:
    """What crowds may do, one for each and each resource or project.

    That everybody of the organisation itself reads something is no stranger's access: who they are is not known, and
    their paths could not be judged. What they change is told, as they are more people than anybody asked.

    Args:
        paths: everybody's.
        addresses: e-mail addresses of the organisation's people.
    """
    own = {domain for address in addresses if (domain := address.rpartition("@")[2].casefold())}
    crowds = (path for path in paths if is_crowd(path.account))
    for (account, place), some in grouped(((one.account, one.resource or one.scope), one) for one in crowds).items():
        if any(path.writes for path in some) or not _is_own(account, own):
            yield _trust(account, place, some)


def _is_own(account: str, own: Collection[str]) -> bool:
    """Whether it is the organisation: its domain, or the whole customer that a group of it has as a member."""
    name = account.removeprefix(_DOMAIN)
    return account not in ANYBODY and (is_staff(account) or name in own or "." not in name)


def _short(account: str) -> str:
    pool = account.partition("/workforcePools/")[2].removesuffix("/*")
    return pool or account.removeprefix(_DOMAIN)


def _trust(account: str, place: str, paths: list[Entitlement]) -> ForeignTrust:
    conditions = set.intersection(*({*path.conditions} for path in paths))
    return ForeignTrust(
        role=place,
        principal=account,
        whom=f"{_ANYBODY.get(account) or f'everybody of {_short(account)}'} ({account})",
        conditions=tuple(fact for fact in paths[0].conditions if fact in conditions),
        access=tuple(paths),
        evidence=tuple(dict.fromkeys(one for path in paths for one in path.evidence)),
        system=only(path.system for path in paths),
    )
