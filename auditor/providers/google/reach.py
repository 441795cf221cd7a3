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
_POD = re.compile(
    r"serviceAccount:([a-z0-9:.-]+)\.svc\.id\.goog\[.+\]"
    r"|principal(?:Set)?://iam\.googleapis\.com/.+/workloadIdentityPools/([a-z0-9:.-]+)\.svc\.id\.goog/.+"
)
_POOL = re.compile(
    r"principal(?:Set)?://iam\.googleapis\.com/projects/([^/]+)/locations/[^/]+/workloadIdentityPools/.+"
)
_WORKLOADS = {"runs pods as": _POD, "changes who comes in as": _POOL}
"""As which workloads somebody acts who may run pods in a project, or change its pools of identities."""
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

    @property
    def cut(self) -> str | None:
        """What takes it from this holder alone, where that can be."""
        return self.holder.handle or self.grant.handle


def account_project(account: str, scopes: Mapping[str, str], land: ProjectTree) -> str:
    """The project that a service account lives in: by its address, that of a default account by number."""
    if inside := _OF_DOMAIN.fullmatch(account):
        return land.id_of(f"{inside[2]}:{inside[1]}")
    match = next((match for pattern in _HOMES if (match := pattern.fullmatch(account))), None)
    return land.id_of(match[1] if match else scopes.get(account, ""))


def workload_project(account: str, land: ProjectTree) -> str:
    """The project whose clusters run a workload of Kubernetes, or whose pool lets it in; empty where it is none."""
    if pod := _POD.fullmatch(account):
        return land.id_of(pod[1] or pod[2])
    pool = _POOL.fullmatch(account)
    return land.id_of(pool[1]) if pool else ""


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
        asked = _RUNNERS.get(one.act, ("", ""))[1]
        terms = one.terms.also(Terms(facts=(asked,))) if asked else one.terms
        hops += [replace(one, account=target, terms=terms) for target in targets if _is_reached(one.act, target)]
    return hops


def _is_reached(act: str, account: str) -> bool:
    """Whether one can act as such an account in this way."""
    kind = _POD if _POD.fullmatch(account) else _POOL if _POOL.fullmatch(account) else None
    if kind or act in _WORKLOADS:
        return kind is not None and _WORKLOADS.get(act) is kind
    address = _RUNNERS.get(act, ("",))[0]
    return account.endswith(address) if address else not account.endswith(_OWN)


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


def each_cut(chain: tuple[Becoming, ...], hops: Sequence[Becoming]) -> list[tuple[Becoming, ...]]:
    """A chain, and those like it but for its first hop, of its beginner's `hops`: each is taken away by itself."""
    first, *others = chain
    like = {hop.cut: hop for hop in reversed(hops) if hop.account == first.account and hop.cut}
    return [chain, *((hop, *others) for cut, hop in like.items() if cut != first.cut)]
