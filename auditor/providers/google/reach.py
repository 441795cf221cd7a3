"""Who can act as which service account: tokens, keys and `actAs`, over several hops."""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.tables import Grant
from auditor.providers.google.conditions import Terms
from auditor.providers.google.holders import Holder
from auditor.providers.google.projects import ProjectTree

_HOMES = (
    re.compile(r"serviceAccount:[^@]+@([^.]+)\.iam\.gserviceaccount\.com"),
    re.compile(r"serviceAccount:([^@]+)@appspot\.gserviceaccount\.com"),
    re.compile(r"serviceAccount:(\d+)-compute@developer\.gserviceaccount\.com"),
    re.compile(r"serviceAccount:(\d+)@(?:cloudbuild|cloudservices)\.gserviceaccount\.com"),
)
_OF_DOMAIN = re.compile(r"serviceAccount:[^@]+@([^.]+)\.(.+)\.iam\.gserviceaccount\.com")
_ROBOT = re.compile(r"//iam\.googleapis\.com/projects/[^/]+/serviceAccounts/(.+)")
NUMBERED = re.compile(r"/serviceAccounts/\d+$")
_RUNNERS = {
    "runs builds as": ("@cloudbuild.gserviceaccount.com", ""),
    "runs deployments as": ("@cloudservices.gserviceaccount.com", ""),
    "runs builds by default as": ("-compute@developer.gserviceaccount.com", "builds run as it"),
    "submits jobs that run as": ("-compute@developer.gserviceaccount.com", "a Dataproc cluster runs as it"),
}
"""What services run for whoever starts it, without a right on the account that it runs as: the account, and a condition
that the evidence does not tell."""
_OWN = ("@cloudbuild.gserviceaccount.com", "@cloudservices.gserviceaccount.com")
"""Accounts of a service, as which nobody else can act."""
_HOPS = 4


class Becoming(Struct, frozen=True, eq=False):
    """One hop: a holder of a binding that lets them act as `account`, in words; empty until it is known which."""

    holder: Holder
    grant: Grant
    terms: Terms
    act: str
    account: str = ""


def account_project(account: str, scopes: Mapping[str, str], land: ProjectTree) -> str:
    """The project that a service account lives in: by its address, that of a default account by number."""
    if inside := _OF_DOMAIN.fullmatch(account):
        return land.id_of(f"{inside[2]}:{inside[1]}")
    match = next((match for pattern in _HOMES if (match := pattern.fullmatch(account))), None)
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
        address, asked = _RUNNERS.get(one.act, ("", ""))
        terms = one.terms.also(Terms(facts=(asked,))) if asked else one.terms
        hops += [
            replace(one, account=target, terms=terms)
            for target in targets
            if (target.endswith(address) if address else not target.endswith(_OWN))
        ]
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
