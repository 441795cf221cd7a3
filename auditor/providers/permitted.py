"""Whether the rights in snapshot rows allow an act, and rows without some rights."""

from collections.abc import Collection, Iterable
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from auditor.evidence.snapshots import Snapshots
from auditor.model.groups import grouped
from auditor.model.handles import Handle, identity, read_handle
from auditor.model.tables import Credential, Grant, Row

R = TypeVar("R", bound=Row)


class Answer(StrEnum):
    """Whether an act is allowed; unknown is neither."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Permitted(Struct, frozen=True):
    """What rights say of an act.

    Args:
        by: everything that allows it, or of what cannot be told whether it does, in words; one each, in the order of
            the rows, so that the same words twice are two rights. Two sets of rows that give the same here say the
            same of the act, also where the answer is not known. Of what is denied: what else of that it takes is there,
            such as the key that it was done with.
    """

    answer: Answer
    by: tuple[str, ...] = ()
    why: str = ""


DENIED = Permitted(Answer.DENIED)
"""That nothing allows it."""


def allowed(by: str) -> Permitted:
    """That something allows it."""
    return Permitted(Answer.ALLOWED, (by,))


def not_known(why: str, *by: str) -> Permitted:
    """That it cannot be told, with the reason."""
    return Permitted(Answer.UNKNOWN, by, why)


def any_of(ways: Iterable[Permitted]) -> Permitted:
    """Whether one of several ways allows it; denied where there is none."""
    found = [one for one in ways if one.answer is not Answer.DENIED]
    by = tuple(name for one in found for name in one.by)
    if not found or any(one.answer is Answer.ALLOWED for one in found):
        return Permitted(Answer.ALLOWED if found else Answer.DENIED, by)
    return Permitted(Answer.UNKNOWN, by, found[0].why)


def all_of(needed: Iterable[Permitted]) -> Permitted:
    """Whether everything is allowed that it needs."""
    found = list(needed)
    if any(one.answer is Answer.DENIED for one in found):
        return Permitted(Answer.DENIED)
    by = tuple(name for one in found for name in one.by)
    lost = next((one for one in found if one.answer is Answer.UNKNOWN), None)
    return Permitted(Answer.UNKNOWN, by, lost.why) if lost else Permitted(Answer.ALLOWED, by)


def rows_without(name: str, rows: Snapshots, handles: Collection[Handle]) -> Snapshots | None:
    """The rows of a provider as they would be without some rights; None where one of them is not among the rows.

    What a grant states stands in other rows as well: a membership, the policy that is attached. What a policy's text
    must still be is not compared.
    """
    wanted = {identity(named_right(handle)) for handle in handles}
    grants = [row for row in rows.grants if row.provider == name and _is_one(row, wanted)]
    credentials = [row for row in rows.credentials if row.provider == name and _is_one(row, wanted)]
    found = {_identity(handle) for row in grants if (handle := row.handle)}
    found |= {_identity(handle) for row in credentials if (handle := row.handle)}
    if wanted - found:
        return None
    gone = {id(row) for row in (*grants, *credentials)}
    pairs = {(row.principal, row.role) for row in grants}
    return replace(
        rows,
        grants=[row for row in rows.grants if id(row) not in gone],
        credentials=[row for row in rows.credentials if id(row) not in gone],
        memberships=[row for row in rows.memberships if (row.member, row.group) not in pairs],
        policies=[
            row
            for row in rows.policies
            if row.kind != "identity" or (row.attached_to, row.policy.removeprefix(f"{row.attached_to}#")) not in pairs
        ],
    )


def without_members(rows: Snapshots, gone: Collection[tuple[str, str]]) -> Snapshots | None:
    """Rows without some memberships, each by its group and member; None where one of them is not among the rows."""
    found = {(row.group, row.member) for row in rows.memberships}
    left = [row for row in rows.memberships if (row.group, row.member) not in gone]
    return replace(rows, memberships=left) if found.issuperset(gone) else None


def gone(before: Iterable[R], after: Iterable[R]) -> list[R]:
    """The rows of some snapshots that are not in others, which are made of the same rows."""
    kept = {id(row) for row in after}
    return [row for row in before if id(row) not in kept]


def changed_accounts(rows: Snapshots, after: Snapshots, *, own: bool = False) -> frozenset[str]:
    """The accounts whose acts may have used what is in some rows and not in others: holders, and members of groups.

    Whoever may become one of them is not among them, but whom they could become. With `own` only those are told of
    whom something else is changed than who becomes whom.
    """
    assumed = {(row.member, row.group) for row in rows.memberships if row.via != "member"} if own else set()
    found = {row.principal for row in gone(rows.grants, after.grants) if (row.principal, row.role) not in assumed}
    found |= {row.account for row in gone(rows.credentials, after.credentials)}
    policies, memberships = gone(rows.policies, after.policies), gone(rows.memberships, after.memberships)
    found |= {row.attached_to for row in policies if not (own and row.kind == "trust")}
    left = (row for row in memberships if not (own and row.via != "member"))
    found |= {row.member if row.via == "member" else row.group for row in left}
    return frozenset(_with_members(found, rows))


def _with_members(accounts: Iterable[str], rows: Snapshots) -> set[str]:
    members = grouped((row.group, row.member) for row in rows.memberships if row.via == "member")
    found, left = set(accounts), list(accounts)
    while left:
        more = set(members.get(left.pop(), ())) - found
        found |= more
        left += more
    return found


def _is_one(row: Grant | Credential, wanted: Collection[str]) -> bool:
    return bool(row.handle) and _identity(row.handle or "") in wanted


@lru_cache(maxsize=1 << 17)
def _identity(written: str) -> str:
    """Which right a row's handle names; asked of every row for each right that is taken away."""
    return identity(named_right(read_handle(written)))


def named_right(handle: Handle) -> Handle:
    """Which right a handle names, without what a policy's text must still be; a key's fingerprint says which it is."""
    return {name: value for name, value in handle.items() if name != "fingerprint" or str(value).startswith("SHA256:")}
