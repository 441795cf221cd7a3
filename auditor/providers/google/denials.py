"""Deny policies: which permissions they take from whom, in which projects, and what of a role they leave."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from msgspec import Struct, field

from auditor.model.details import as_object, as_objects, details, texts
from auditor.model.globs import covers, overlap
from auditor.model.tables import Policy
from auditor.model.vocabulary import Capability
from auditor.providers.google.boundaries import Boundaries
from auditor.providers.google.conditions import ALWAYS, alternatives
from auditor.providers.google.permissions import capabilities, patterns_of
from auditor.providers.google.projects import ProjectTree

DENY = "deny"
# Resource Manager's permissions have another service's name in deny policies than in roles.
_SERVICES = {"cloudresourcemanager": "resourcemanager", "sqladmin": "cloudsql"}
_LONGEST_LIST = 3


class Denial(Struct, frozen=True):
    """A rule that denies somebody permissions, or may.

    Args:
        denied: patterns of permissions, as roles name them.
        excepted: patterns of those that it leaves.
        unless: what must be otherwise for it not to hold, in words; empty where it holds.
    """

    denied: tuple[str, ...]
    excepted: tuple[str, ...] = ()
    unless: str = ""

    def takes(self, permission: str) -> bool:
        """Whether it denies a permission, or all that a pattern names."""
        named = any(covers(pattern, permission) for pattern in self.denied)
        return named and not any(overlap(pattern, permission) for pattern in self.excepted)

    def touches(self, pattern: str) -> bool:
        """Whether it denies some of the permissions that a pattern names."""
        named = [one for one in self.denied if overlap(one, pattern)]
        return any(not any(covers(out, one) for out in self.excepted) for one in named)


class Left(Struct, frozen=True):
    """What denials leave of a role.

    Args:
        facts: what must hold for the rest to be held, in words.
        denied: permissions that are denied beside, of a role that has others for the same, in words.
    """

    capabilities: frozenset[Capability]
    facts: tuple[str, ...] = ()
    denied: str = ""


class Denials(Struct, frozen=True):
    """The deny policies in evidence.

    Args:
        names: whether an account is one that an entry of a policy names, as `Names`; None where it is not known.
        boundaries: which projects somebody's rights may reach.
        rules: by what they are attached to, each with its policy's name.
    """

    land: ProjectTree
    names: Callable[[str, str], bool | None]
    boundaries: Boundaries
    rules: Mapping[str, Sequence[tuple[str, Mapping[str, Any]]]] = field(default_factory=dict)

    @classmethod
    def of(cls, land: ProjectTree, names: Callable[[str, str], bool | None], policies: Sequence[Policy]) -> "Denials":
        """Index the deny policies among these rows."""
        rules: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
        for row in policies:
            if row.kind == DENY:
                listed = as_objects(details(row.document).get("rules"))
                found = [(row.name, as_object(one.get("denyRule"))) for one in listed]
                rules.setdefault(land.id_of(row.attached_to), []).extend(found)
        return cls(land, names, Boundaries.of(land, names, policies), rules)

    def of_holder(self, account: str, project: str) -> tuple[Denial, ...]:
        """What is denied to an account in a project: by policies on it and on what it lies in, and by boundaries."""
        between = self.boundaries.between(account, project)
        kept_out = (Denial(("*",), unless=f"the access boundary {between} does not keep it out"),) if between else ()
        if not self.rules:
            return kept_out
        known = self.land.projects.get(project)
        places = (project, *(known.ancestors if known else ()))
        rules = (rule for place in places for rule in self.rules.get(place, ()))
        found = (self._denial(name, rule, account) for name, rule in rules)
        return (*kept_out, *(one for one in found if one))

    def _denial(self, name: str, rule: Mapping[str, Any], account: str) -> Denial | None:
        listed = self._among(texts(rule.get("deniedPrincipals")), account)
        excepted = self._among(texts(rule.get("exceptionPrincipals")), account)
        if listed is False or excepted is True:
            return None
        ways = alternatives(str(as_object(rule.get("denialCondition")).get("expression") or ""))
        if not ways:
            return None
        asked = [fact for terms in ways for fact in terms.facts] if ALWAYS not in ways else []
        asked += ["whom it names is not in the evidence"] if listed is None else []
        asked += ["whom it excepts is not in the evidence"] if excepted is None else []
        return Denial(
            denied=tuple(map(_permission, texts(rule.get("deniedPermissions")))),
            excepted=tuple(map(_permission, texts(rule.get("exceptionPermissions")))),
            unless=f"the deny policy {name} does not apply ({'; '.join(asked)})" if asked else "",
        )

    def _among(self, entries: Iterable[str], account: str) -> bool | None:
        found = [self.names(entry, account) for entry in entries]
        return True if True in found else None if None in found else False


def left_of(
    role: str, held: frozenset[Capability], permissions: Iterable[str] | None, denials: Sequence[Denial]
) -> Left:
    """What is left of a role; where the evidence does not tell its permissions, they are None."""
    sure, perhaps = [one for one in denials if not one.unless], [one for one in denials if one.unless]
    if permissions is not None:
        return _of_listed(held, frozenset(permissions), sure, perhaps)
    service = role.removeprefix("roles/").partition(".")[0] if "." in role else "*"
    named = {one: patterns_of(one, service) for one in held}
    lost = {one for one, patterns in named.items() if patterns and all(_taken(sure, each) for each in patterns)}
    touched = [each for one in held - lost for each in named[one] if any(d.touches(each) for d in sure)]
    words = _words(pattern for one in sure for pattern in one.denied if any(overlap(pattern, t) for t in touched))
    hangs = [one.unless for one in perhaps if any(one.touches(each) for each in chain(*named.values()))]
    if touched and service != "*":
        hangs.append(f"{role} gives more than what is denied: {words}")
        words = ""
    return Left(held - lost, tuple(hangs), words)


def _of_listed(
    held: frozenset[Capability], permissions: frozenset[str], sure: Sequence[Denial], perhaps: Sequence[Denial]
) -> Left:
    kept = frozenset(one for one in permissions if not _taken(sure, one))
    lost = capabilities(permissions) - capabilities(kept)
    hangs = [
        one.unless for one in perhaps if capabilities(kept) - capabilities(each for each in kept if not one.takes(each))
    ]
    return Left(held - lost, tuple(hangs), _words(sorted(permissions - kept)))


def _taken(denials: Iterable[Denial], permission: str) -> bool:
    return any(one.takes(permission) for one in denials)


def _words(permissions: Iterable[str]) -> str:
    found = list(dict.fromkeys(permissions))
    more = [f"and {len(found) - _LONGEST_LIST} more"] if len(found) > _LONGEST_LIST else []
    return ", ".join([*found[:_LONGEST_LIST], *more])


def _permission(text: str) -> str:
    """A permission or pattern as roles name it: `run.googleapis.com/services.*` is `run.services.*` there."""
    host, _, rest = text.partition("/")
    service = host.removesuffix(".googleapis.com")
    return f"{_SERVICES.get(service, service)}.{rest.removeprefix('*.') if rest == '*.*' else rest}"
