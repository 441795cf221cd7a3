"""AWS policies: documents into statements, what these are about, and the limits over all of somebody's policies."""

import json
import operator
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.details import as_list
from auditor.model.globs import LONGEST, covers, overlap
from auditor.providers.aws.actions import Actions, catalogue, expand, union
from auditor.providers.aws.callers import Caller, Gap, has_variable, settled
from auditor.providers.aws.conditions import Clause, Terms, clauses, terms
from auditor.providers.aws.resources import AccountResources

_ARN_PARTS = 6
_WITH_VARIABLES = "2012-10-17"


class MalformedPolicyError(ValueError):
    """A policy document that AWS would not accept, or that the dump does not hold."""


class Statement(Struct, frozen=True, eq=False):
    """One statement. `resources` are the patterns that it names, or with `others` everything but them."""

    allow: bool
    actions: Actions
    resources: tuple[str, ...]
    others: bool
    terms: Terms
    principals: tuple[str, ...] = ()
    other_principals: bool = False
    clauses: tuple[Clause, ...] = ()

    @property
    def patterns(self) -> tuple[str, ...]:
        """What it may be about: its resources, or anything where it names those that it is not about."""
        return ("*",) if self.others else self.resources

    def given(self, caller: Caller) -> "Statement | None":
        """What it comes to for a caller; None where it does not apply to it."""
        if not self.clauses and not any(map(has_variable, self.resources)):
            return self
        left = settled(self.clauses, caller)
        known = {pattern: caller.resolved(pattern) for pattern in self.resources}
        resources = tuple(text for text in known.values() if not isinstance(text, Gap))
        if left is None or (not resources and not self.others):
            return None
        if left == self.clauses and resources == self.resources:
            return self
        return replace(self, clauses=left, terms=terms(left), resources=resources)

    def touches(self, land: AccountResources, system: str | None) -> Actions:
        """Actions with which it can reach something of the system; None asks of the whole account."""
        if not self.others:
            return self.actions & union(land.touches(pattern, system) for pattern in self.resources)
        return self.actions & ~union(land.covers(pattern, system) for pattern in self.resources)

    def covers(self, land: AccountResources, system: str | None) -> Actions:
        """Actions for which it reaches everything of the system; None asks of the whole account."""
        if not self.others:
            return self.actions & union(land.covers(pattern, system) for pattern in self.resources)
        return self.actions & ~union(land.touches(pattern, system) for pattern in self.resources)

    def covers_pattern(self, wanted: str) -> bool:
        """Whether it reaches whatever a resource pattern names."""
        if self.others:
            return not any(overlap(pattern, wanted) for pattern in self.resources)
        return any(covers(pattern, wanted) for pattern in self.resources)

    def meets_pattern(self, wanted: str) -> bool:
        """Whether it reaches something that a resource pattern names."""
        if self.others:
            return not any(covers(pattern, wanted) for pattern in self.resources)
        return any(overlap(pattern, wanted) for pattern in self.resources)


class Limits(Struct, frozen=True, eq=False):
    """What stands over all of a principal's policies.

    Args:
        denies: Deny statements of all its policies, its boundary and the organisation.
        boundary: the Allow statements of its permissions boundary; None where it has none.
        organisation: those of the service control policies at each level from the organisation's root to its account.
        closed: what IAM's policies give nothing of, since only the policy of the resource itself does.
    """

    denies: tuple[Statement, ...] = ()
    boundary: tuple[Statement, ...] | None = None
    organisation: tuple[tuple[Statement, ...], ...] = ()
    closed: tuple[Statement, ...] = ()

    def given(self, caller: Caller) -> "Limits":
        """As they are for a caller."""
        boundary = None if self.boundary is None else given(self.boundary, caller)
        levels = tuple(given(level, caller) for level in self.organisation)
        return Limits(given(self.denies, caller), boundary, levels, self.closed)

    @property
    def ceilings(self) -> tuple[tuple[Statement, ...], ...]:
        """A right must be in each of these."""
        return self.organisation if self.boundary is None else (self.boundary, *self.organisation)


def parse(document: str) -> tuple[Statement, ...]:
    """The statements of a policy document.

    Raises:
        MalformedPolicyError: with what is wrong with it, to follow "could not be read: ".
    """
    try:
        return tuple(_statement(item) for item in _items(_read(document)))
    except MalformedPolicyError:
        raise
    except RecursionError as error:
        raise MalformedPolicyError("it is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise MalformedPolicyError("it is no JSON") from error
    except ValueError as error:
        raise MalformedPolicyError(str(error)) from error


def _read(document: str) -> Any:
    """A document's content; an old one, or one that leaves its version out, knows no variables: `${` is text in it."""
    content = json.loads(document)
    old = "${" in document and isinstance(content, dict) and content.get("Version") != _WITH_VARIABLES
    return json.loads(document.replace("${", "${$}{")) if old else content


def _items(content: Any) -> list[Any]:
    if content is None:
        raise MalformedPolicyError("the evidence does not hold its document")
    if not isinstance(content, dict) or "Statement" not in content:
        raise MalformedPolicyError("it has no statements")
    return as_list(content["Statement"])


def _completed(resource: str) -> str:
    """A resource as AWS reads it: the parts that an ARN leaves out are any. `arn:aws:sqs` is every queue."""
    parts = resource.split(":")
    return resource + ":*" * (_ARN_PARTS - len(parts)) if resource.startswith("arn:") else resource


def _statement(item: Any) -> Statement:
    if not isinstance(item, dict):
        raise MalformedPolicyError("a statement is no object")
    if item.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicyError("a statement has no Effect of Allow or Deny")
    actions = union(expand(pattern) for pattern in _strings(item, "Action", "NotAction"))
    resources = tuple(map(_completed, _strings(item, "Resource", "NotResource")))
    trusted = _principals(item.get("Principal", item.get("NotPrincipal")))
    if not resources and not trusted:
        raise MalformedPolicyError("a statement names neither a resource nor a principal")
    asked = tuple(clauses(item.get("Condition")))
    return Statement(
        allow=item["Effect"] == "Allow",
        actions=catalogue().everything & ~actions if "NotAction" in item else actions,
        resources=resources or ("*",),
        others="NotResource" in item,
        terms=terms(asked),
        principals=trusted,
        other_principals="NotPrincipal" in item,
        clauses=asked,
    )


def given(statements: tuple[Statement, ...], caller: Caller) -> tuple[Statement, ...]:
    """Statements as they are for a caller; the very same ones where nothing in them is about callers."""
    found = tuple(settled_one for one in statements if (settled_one := one.given(caller)))
    same = len(found) == len(statements) and all(map(operator.is_, found, statements))
    return statements if same else found


def _strings(item: dict[str, Any], *names: str) -> tuple[str, ...]:
    """The texts under the first of these names that is there; one text stands for a list of one."""
    listed = as_list(next((item[name] for name in names if name in item), []))
    if not all(isinstance(text, str) and len(text) <= LONGEST for text in listed):
        raise MalformedPolicyError(f"its {names[0]} is no list of texts")
    return tuple(listed)


def _principals(value: Any) -> tuple[str, ...]:
    """AWS principals as they stand; services and federated providers with their kind before them."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, dict):
        raise MalformedPolicyError("its Principal is neither * nor an object")
    found: list[str] = []
    for kind in value:
        names = _strings(value, kind)
        found += names if kind == "AWS" else (f"{kind}:{name}" for name in names)
    return tuple(found)


def soonest(*ends: datetime | None) -> datetime | None:
    """The earliest of several ends; None never ends."""
    return min((end for end in ends if end), default=None)
