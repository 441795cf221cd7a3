"""What is known of a caller beforehand, and what conditions and policy variables come to for it."""

import json
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache, lru_cache

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.globs import covers, is_literal, overlap
from auditor.model.tables import Account
from auditor.model.vocabulary import AccountKind
from auditor.providers.aws.accounts import PERMISSION_SET, RESERVED
from auditor.providers.aws.conditions import Clause

_VARIABLE = re.compile(r"\$\{(?P<key>[^},]+?)\s*(?:,\s*'(?P<default>[^']*)'\s*)?\}")
_TAG = "aws:principaltag"
_OWNER = "aws:resourceorgid"
# Services have names of their own for it: ssm:resourceTag, rds:db-tag.
_RESOURCE_TAG = re.compile(r"[\w-]+:resourcetag|rds:[\w-]+-tag")
# A service's own calls carry these; nobody else's do.
OF_SERVICES = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:principalservicename")
# Whoever may use something can do so over TLS.
_EVERYONE: Mapping[str, "str | Gap"] = {"aws:securetransport": "true"}
_ARN_PARTS = 6


class Gap(Enum):
    """Why a key of a request has no value."""

    ABSENT = "absent"
    UNKNOWN = "unknown"


class Caller(Struct, frozen=True):
    """The keys of a principal's requests that are known beforehand.

    Args:
        values: by key in lower case; a value may be a pattern (`AROAEXAMPLE:*`).
        tags: the principal's tags, by key in lower case; None where they were not read.
        tagged_later: whether its session can bring further tags.
        resource_tags: the tags of what the request is about, likewise.
    """

    values: Mapping[str, str | Gap]
    tags: Mapping[str, str] | None = None
    tagged_later: bool = False
    resource_tags: Mapping[str, str] | None = None

    @classmethod
    def of(cls, row: Account, *, tagged_later: bool, organisation: str | None = None) -> "Caller":
        """An IAM user or role; nothing is known of the requests of Identity Center's users."""
        if not row.account.startswith("arn:") or row.kind == AccountKind.ROOT:
            return cls({})
        is_role = row.kind == AccountKind.ROLE
        values: dict[str, str | Gap] = {
            "aws:principalarn": _in_requests(row),
            "aws:principalaccount": row.scope,
            "aws:principaltype": "AssumedRole" if is_role else "User",
            "aws:principalisawsservice": "false",
            "aws:username": Gap.ABSENT if is_role else row.name or row.account.rsplit("/", 1)[-1],
            **dict.fromkeys(OF_SERVICES, Gap.ABSENT),
        }
        if organisation:
            values |= {"aws:principalorgid": organisation, "aws:principalorgpaths": f"{organisation}/*"}
        if row.unique_id:
            values["aws:userid"] = f"{row.unique_id}:*" if is_role else row.unique_id
        return cls(values, tags_of(row), tagged_later)

    def value(self, key: str) -> str | Gap:
        """What a key, in any case, is in its requests."""
        wanted = key.lower()
        head, slash, name = wanted.partition("/")
        tags = None
        if slash and head == _TAG:
            tags = None if self.tagged_later else self.tags
        elif slash and is_of_things(key):
            tags = self.resource_tags
        if tags is None:
            return self.values.get(wanted) or _EVERYONE.get(wanted, Gap.UNKNOWN)
        return tags.get(name, Gap.ABSENT)

    def resolved(self, text: str) -> str | Gap:
        """A text with the caller's values for its variables; ABSENT where one has none, and so matches nothing.

        Variables that are not known stay as they stand.
        """
        pieces: list[str] = []
        end = 0
        for match in _VARIABLE.finditer(text):
            value = self.value(match["key"])
            if value is Gap.ABSENT and match["default"] is None:
                return Gap.ABSENT
            known = match["default"] if value is Gap.ABSENT else match[0] if value is Gap.UNKNOWN else value
            pieces += [text[end : match.start()], str(known)]
            end = match.end()
        return "".join([*pieces, text[end:]])

    def meets(self, clause: Clause) -> bool | None:
        """Whether its requests meet one condition; None where that cannot be told beforehand."""
        value = self.value(clause.key)
        operator, wanted = clause.operator, [self.resolved(text) for text in clause.values]
        if value is Gap.UNKNOWN:
            # Whatever the value is, it equals none that stands for something the caller lacks.
            is_open = "not" in operator or clause.if_exists or clause.all_values or not wanted
            return None if is_open or any(not isinstance(text, Gap) for text in wanted) else False
        if operator == "null":
            return (value is Gap.ABSENT) == (clause.values == ("true",))
        if value is Gap.ABSENT:
            negative = "not" in operator and not clause.any_value
            return negative or clause.if_exists or clause.all_values
        hit = _any(_compare(operator, text, str(value)) for text in wanted if not isinstance(text, Gap))
        return None if hit is None else hit != ("not" in operator)


NOBODY = Caller({})
"""A caller of whom nothing is known."""


@lru_cache(maxsize=4096)
def is_of_things(key: str) -> bool:
    """Whether a condition's key, in any case, is a tag of what the request is about."""
    head, slash, _ = key.lower().partition("/")
    return bool(slash) and _RESOURCE_TAG.fullmatch(head) is not None


@cache
def within(account: str, organisation: str | None = None) -> Caller:
    """What every request about resources of an account has in common."""
    return Caller({"aws:resourceaccount": account, **({_OWNER: organisation} if organisation else {})})


def of_same_account(known: Caller, caller: Caller) -> Caller:
    """What is known of a request about a thing of the caller's own account: its organisation is the caller's too."""
    ours = caller.value("aws:principalorgid")
    same = known.value("aws:resourceaccount") == caller.value("aws:principalaccount")
    if not same or ours is Gap.UNKNOWN or known.value(_OWNER) is not Gap.UNKNOWN:
        return known
    return replace(known, values={**known.values, _OWNER: ours})


def _in_requests(row: Account) -> str:
    """A principal's ARN; of a role that a permission set makes and no row is of, as far as its names can be told."""
    if PERMISSION_SET not in row.account:
        return row.account
    partition = row.account.split(":")[1]
    return f"arn:{partition}:iam::{row.scope}:role/aws-reserved/sso.amazonaws.com*{RESERVED}{row.name}_{'?' * 16}"


def tags_of(row: Account) -> Mapping[str, str] | None:
    """An account's tags by key in lower case; None where they were not read."""
    return None if row.tags is None else {key.lower(): value for key, value in json.loads(row.tags).items()}


def settled(clauses: Iterable[Clause], caller: Caller) -> tuple[Clause, ...] | None:
    """The conditions that are left open for a caller; None where one is not met."""
    left: list[Clause] = []
    for clause in clauses:
        met = caller.meets(clause)
        if met is False:
            return None
        if met is None:
            left.append(clause.resolved(lambda text: _shown(caller, text)))
    return tuple(left)


def has_variable(text: str) -> bool:
    """Whether a text has a policy variable in it."""
    return _VARIABLE.search(text) is not None


def _shown(caller: Caller, text: str) -> str:
    found = caller.resolved(text)
    return text if isinstance(found, Gap) else found


def _any(verdicts: Iterable[bool | None]) -> bool | None:
    found = set(verdicts)
    return True if True in found else None if None in found else False


def _compare(operator: str, wanted: str, value: str) -> bool | None:
    """Whether a value, which may be a pattern, is a wanted one."""
    if has_variable(wanted):
        return None
    kind = operator.replace("not", "")
    if kind in ("arnequals", "arnlike"):
        return _compare_arns(wanted, value)
    if kind == "stringlike":
        return _like(wanted, value)
    if kind == "stringequals":
        # A wildcard is that of a value not known whole; a wanted one is taken as it stands.
        return _like(wanted, value) if "*" in value and is_literal(wanted) else wanted == value and "*" not in value
    if kind in ("stringequalsignorecase", "bool"):
        return wanted.casefold() == value.casefold()
    return None


def _compare_arns(wanted: str, value: str) -> bool | None:
    """ARNs are compared part by part; what AWS makes of one with fewer parts is not said anywhere."""
    one, other = wanted.split(":", 5), value.split(":", 5)
    if len(one) != _ARN_PARTS or len(other) != _ARN_PARTS:
        met = _like(wanted, value)
        return met if met is False or not wanted.strip("*") else None
    # The name of a role of Identity Center has its path before it, and in neither stands the other.
    cut = RESERVED[1:] if "*" in value else None
    if cut and cut in one[-1] and cut in other[-1]:
        one, other = ([*parts[:-1], *parts[-1].split(cut, 1)] for parts in (one, other))
    verdicts = {_like(*pair) for pair in zip(one, other, strict=True)}
    return False if False in verdicts else None if None in verdicts else True


def _like(pattern: str, value: str) -> bool | None:
    if covers(pattern, value):
        return True
    return None if overlap(pattern, value) else False
