"""Google's principals by name: how the configuration may write one, and which Google makes and runs itself.

Anybody may call an account `service-1@…` in a project of their own, so it is the project that tells: those of Google's
service agents are listed in its documentation (Service agents), and `gcp-sa-…` is kept for them.
"""

import re
from collections.abc import Iterator

from auditor.model.vocabulary import ActorClass
from auditor.providers.base import AccountName

_AGENT_PROJECTS = (
    "anthos-cloud-functions|api-gateway|bigquery-data-connectors|bigquerydatatransfer|cloud-aiplatform|cloud-api-proxy"
    "|cloud-filer|cloud-iap|cloud-memcache-sa|cloud-ml\\.google\\.com|cloud-redis|cloud-tpu|cloudcomposer-accounts"
    "|compute-system|container-analysis|container-engine-robot|containerregistry|dataflow-service-producer-prod"
    "|dataproc-accounts|dlp-api|endpoints-portal|firebase-rules|gae-api-prod\\.google\\.com|gcf-admin-robot"
    "|genomics-api\\.google\\.com|gs-project-accounts|logging|monitoring-notification|remotebuildexecution"
    "|security-center-api|serverless-robot-prod|service-consumer-management|service-networking"
    "|sourcerepo-service-accounts|storage-transfer-service|websecurityscanner"
)
_AGENT = re.compile(
    rf"serviceAccount:(?:service-(?:org-|folder-)?\d+@(?:gcp-sa-[a-z0-9-]+|{_AGENT_PROJECTS})\.iam\.gserviceaccount\.com"
    r"|[a-z0-9-]+@gcp-sa-[a-z0-9-]+\.iam\.gserviceaccount\.com"
    r"|\d+@(?:cloudservices|cloudbuild|project)\.gserviceaccount\.com"
    r"|project-\d+@storage-transfer-service\.iam\.gserviceaccount\.com"
    r"|.+@(?:system|cloudbuild|cloudservices)\.gserviceaccount\.com|cloud-logs@system\.gserviceaccount\.com)"
    r"|user:system@google\.com"
    # Kubernetes' own parts, as its audit log names them.
    r"|(?:user:|serviceAccount:)?system:(?:node|serviceaccount|apiserver|kube-|gke-|addon-manager|cloud-controller)\S*"
)
_WORKLOAD = re.compile(r"serviceAccount:([a-z0-9:.-]+)\.svc\.id\.goog\[[^\]/]+/[^\]]+\]")
_POOL = re.compile(r"principal:(//iam\.googleapis\.com/.+/workloadIdentityPools/([^/]+))/subject/(.+)")
_SUBJECTS = (
    (re.compile(r"repo:(([^/:]+)/[^:]+):.*"), "attribute.repository", "attribute.repository_owner"),
    (re.compile(r"project_path:((.+)/[^:/]+):.*"), "attribute.project_path", "attribute.namespace_path"),
)


_MEMBERS = ("user", "serviceAccount", "group")


def account_name(account: str) -> AccountName | None:
    """A member as bindings write it: e-mail addresses in any case, and subjects by the sets that they are in."""
    kind, _, address = account.partition(":")
    own = _AGENT.fullmatch(account)
    if kind not in (*_MEMBERS, "principal", "principalSet") and not own:
        return None
    return AccountName(
        (f"{kind}:{address.lower()}" if kind in _MEMBERS else account, *_sets(account)),
        email=address if kind == "user" else None,
        actor_class=ActorClass.PROVIDER if own else None,
        workload_of=_home(account),
    )


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
