"""Google's principals by name: how the configuration may write one, and which Google makes and runs itself."""

import re
from collections.abc import Iterator
from functools import cache, partial

from auditor.activity.results import Caller
from auditor.model.vocabulary import ActorClass
from auditor.model.written import patterns
from auditor.providers.protocol.names import SUBJECT, AccountName

_WORKLOAD = re.compile(r"serviceAccount:([a-z0-9:.-]+)\.svc\.id\.goog\[[^\]/]+/[^\]]+\]")
_POOL = re.compile(r"principal:(//iam\.googleapis\.com/.+/workloadIdentityPools/([^/]+))/subject/(.+)")
# An identity provider of people; the subject is what it signs them in by.
_WORKFORCE = re.compile(r"principal://(?:iam\.googleapis\.com/locations/global/workforcePools/[^/]+|goog)/subject/(.+)")
MACHINES = r"/(?:instances|iap_tunnel|pods|workstations)/|^core/|/SerialPort/|/(?:services|jobs|workerPools)/"
"""Machines, containers and databases, among what can be signed in to."""

_SUBJECTS = (
    (re.compile(r"repo:(([^/:]+)/[^:]+):.*"), "attribute.repository", "attribute.repository_owner"),
    (re.compile(r"project_path:((.+)/[^:/]+):.*"), "attribute.project_path", "attribute.namespace_path"),
)
_ACCOUNT_RESOURCE = re.compile(r"(?://iam\.googleapis\.com/)?projects/[^/]+/serviceAccounts/([^/]+@[^/]+)")
_MEMBERS = ("user", "serviceAccount", "group")
_names = cache(partial(patterns, __package__, "accounts"))


def account_name(account: str) -> AccountName | None:
    """A member as bindings write it: e-mail addresses in any case, and subjects by the sets that they are in.

    A service account may also be named as the resource that it is: so its tokens are asked for.
    """
    asked, account = account, _ACCOUNT_RESOURCE.sub(r"serviceAccount:\1", account)
    kind, _, address = account.partition(":")
    own = _names()["own"].fullmatch(account)
    if kind not in (*_MEMBERS, "principal", "principalSet") and not own:
        return None
    staff = _WORKFORCE.fullmatch(account)
    subject = staff[1] if staff else ""
    return AccountName(
        (f"{kind}:{address.lower()}" if kind in _MEMBERS else account, *_sets(account)),
        email=address if kind == "user" else subject if "@" in subject else None,
        actor_class=ActorClass.PROVIDER if own else None,
        workload_of=_home(account),
        is_role=asked != account,
    )


def workload(caller: Caller) -> str | None:
    """The subject of a workload's token; a workforce pool's are people."""
    name = caller.on_behalf_of or ""
    return name if SUBJECT.fullmatch(name) and "/workforcePools/" not in name else None


def alike(workload: str) -> tuple[str, ...]:
    """The subjects of its pool; the sets too, where its name tells which it is in."""
    match = _POOL.fullmatch(workload)
    if not match:
        return (f"{workload.partition(':')[0]}:",)
    told = any(pattern.fullmatch(match[3]) for pattern, _, _ in _SUBJECTS)
    return (f"principal:{match[1]}/subject/", *((f"principalSet:{match[1]}/",) if told else ()))


def _sets(account: str) -> Iterator[str]:
    """The sets of principals that a subject of a workload identity pool is in, as far as its name tells."""
    match = _POOL.fullmatch(account)
    if not match:
        return
    for pattern, whole, owner in _SUBJECTS:
        if found := pattern.fullmatch(match[3]):
            yield f"principalSet:{match[1]}/{whole}/{found[1]}"
            yield f"principalSet:{match[1]}/{owner}/{found[2]}"
    yield f"principalSet:{match[1]}/*"


def _home(account: str) -> str | None:
    """The project of a workload of Kubernetes."""
    if match := _WORKLOAD.fullmatch(account):
        return match[1]
    pool = _POOL.fullmatch(account)
    return pool[2].removesuffix(".svc.id.goog") if pool and "/ns/" in f"/{pool[3]}" else None
