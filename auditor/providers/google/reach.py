"""Who can act as which service account: tokens, keys and `actAs`, over several hops."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from auditor.model.tables import Grant
from auditor.providers.google.conditions import Terms
from auditor.providers.google.holders import Holder
from auditor.providers.google.projects import ProjectTree

_HOME = re.compile(r"serviceAccount:[^@]+@([^.]+)\.iam\.gserviceaccount\.com")
_ROBOT = re.compile(r"//iam\.googleapis\.com/projects/[^/]+/serviceAccounts/(.+)")
_HOPS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Becoming:
    """One hop: a holder of a binding that lets them act as `account`; empty until it is known which."""

    holder: Holder
    grant: Grant
    terms: Terms
    account: str = ""


def account_project(account: str, scopes: Mapping[str, str], land: ProjectTree) -> str:
    """The project that a service account lives in."""
    match = _HOME.fullmatch(account)
    return land.id_of(match[1] if match else scopes.get(account, ""))


def becoming(found: Iterable[Becoming], homes: Mapping[str, str], land: ProjectTree) -> list[Becoming]:
    """The hops that bindings on a service account, or on what it lives in, allow."""
    hops = []
    for one in found:
        resource = one.grant.resource
        if match := _ROBOT.fullmatch(resource):
            targets = [f"serviceAccount:{match[1]}"]
        elif resource.startswith("//"):
            targets = []
        else:
            projects = set(land.under(resource))
            targets = sorted(account for account, home in homes.items() if home in projects)
        hops += [Becoming(one.holder, one.grant, one.terms, target) for target in targets]
    return hops


def chains(start: str, hops: Mapping[str, Sequence[Becoming]]) -> list[tuple[Becoming, ...]]:
    """The shortest way from somebody to every service account that they can act as."""
    found: dict[str, tuple[Becoming, ...]] = {}
    frontier: list[tuple[str, tuple[Becoming, ...]]] = [(start, ())]
    for _ in range(_HOPS):
        following = []
        for name, chain in frontier:
            for hop in hops.get(name, ()):
                if hop.account != start and hop.account not in found:
                    found[hop.account] = (*chain, hop)
                    following.append((hop.account, found[hop.account]))
        frontier = following
    return list(found.values())
