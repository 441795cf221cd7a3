"""Conditions of policy statements: time becomes a beginning and an end, the rest plain words."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.details import as_list
from auditor.model.few import cut

_OPERATOR = re.compile(r"(?:(?P<set>forallvalues|foranyvalue):)?(?P<plain>.+?)(?P<if>ifexists)?", re.IGNORECASE)
_TIMES = frozenset({"aws:currenttime", "aws:epochtime"})
_BEFORE = frozenset({"datelessthan", "datelessthanequals", "numericlessthan", "numericlessthanequals"})
_AFTER = frozenset({"dategreaterthan", "dategreaterthanequals", "numericgreaterthan", "numericgreaterthanequals"})
# Keys that say who asks, from where and when. Every other key narrows what may be done.
_CIRCUMSTANCES = re.compile(
    r"aws:(multifactorauth(age|present)|sourceip|vpcsourceip|source(vpc|vpce|identity)|securetransport|principal.*"
    r"|tokenissuetime|resourceorg.*|currenttime|epochtime|useragent|referer|userid|username|viaawsservice|federatedprovider|ec2.*)"
    r"|sts:.*",
)
_LONGEST_WORD = 120


class Terms(Struct, frozen=True):
    """What a Condition element asks for.

    Args:
        starts: not before; None when there is no beginning.
        ends: no longer than; None when there is no end.
        facts: every other condition in words, to follow `only`.
        narrows: whether a condition limits what may be done, not only who, from where and when.
    """

    starts: datetime | None = None
    ends: datetime | None = None
    facts: tuple[str, ...] = ()
    narrows: bool = False

    def hold(self, at: datetime) -> bool:
        """Whether their time has begun and not ended."""
        return (self.starts is None or self.starts <= at) and (self.ends is None or at < self.ends)


class Clause(Struct, frozen=True):
    """One key of a Condition element, with what it is compared with.

    Args:
        operator: in lower case, without what stands before and after it.
        values: alternatives.
        if_exists: whether a request without the key meets it.
        all_values: whether it asks that of every value of the request, and so is met by none.
        any_value: whether it asks for one among several values of the request.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    if_exists: bool = False
    all_values: bool = False
    any_value: bool = False

    def resolved(self, resolve: Callable[[str], str]) -> "Clause":
        """With its values as they are for somebody."""
        return replace(self, values=tuple(map(resolve, self.values)))


def terms(clauses: Iterable[Clause]) -> Terms:
    """What conditions ask for together."""
    starts: datetime | None = None
    ends: datetime | None = None
    facts: list[str] = []
    narrows = False
    for clause in clauses:
        plain, key, values = clause.operator, clause.key, clause.values
        times = [time for time in map(_time, values) if time] if key.lower() in _TIMES else []
        if times and len(times) == len(values) and plain in _BEFORE:
            # Several values are alternatives; several operators must all hold.
            ends = min(filter(None, (ends, max(times))))
        elif times and len(times) == len(values) and plain in _AFTER:
            starts = max(filter(None, (starts, min(times))))
        else:
            facts.append(_words(plain, key, values))
            narrows = narrows or not _CIRCUMSTANCES.fullmatch(key.lower())
    return Terms(starts, ends, tuple(facts), narrows)


def clauses(condition: Mapping[str, Any] | None) -> Iterator[Clause]:
    """Read a Condition element.

    Raises:
        ValueError: when it is none.
    """
    for operator, keys in _items(condition if condition is not None else {}):
        said = _OPERATOR.fullmatch(operator.lower())
        among = said["set"] if said else None
        for key, values in _items(keys):
            yield Clause(
                operator=said["plain"] if said else operator.lower(),
                key=key,
                values=tuple(_text(value) for value in as_list(values)),
                if_exists=bool(said and said["if"]),
                all_values=among == "forallvalues",
                any_value=among == "foranyvalue",
            )


def _items(value: object) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        return value.items()
    raise ValueError("a condition is no object")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError("a condition compares with something that is no text")


def _time(text: str) -> datetime | None:
    """ISO 8601, or seconds since 1970; None when it is neither."""
    try:
        found = datetime.fromtimestamp(float(text), UTC) if _is_number(text) else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _is_number(text: str) -> bool:
    # 2025 and 20250101 are years and days to ISO 8601, seconds to AWS.
    return bool(re.fullmatch(r"-?\d{1,15}(\.\d+)?", text))


def _words(operator: str, key: str, values: Iterable[str]) -> str:
    listed = cut(" or ".join(values), _LONGEST_WORD)
    short = key.lower()
    negative = "not" in operator
    if short == "aws:multifactorauthpresent" and operator == "bool":
        return "with a second factor" if listed == "true" else "without a second factor"
    if short == "aws:multifactorauthage":
        return f"with a second factor given within {listed} seconds"
    if short == "aws:sourceip":
        return f"from outside {listed}" if negative else f"from {listed}"
    if short == "iam:permissionsboundary" and not negative:
        return f"under the permissions boundary {listed}"
    if operator == "null":
        return f"when {key} is {'missing' if listed == 'true' else 'given'}"
    return f"when {key} is {'not ' if negative else ''}{listed} ({operator})"
