"""Google's roles in plain capabilities: well-known ones by name, others by service and suffix, custom ones by content.

Where the lines run: `roles/owner` is unrestricted; `roles/editor` is everything but access and billing. A role that can
change who may do what (`projectIamAdmin`) manages access; it is not counted as unrestricted.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from auditor.model.vocabulary import Capability
from auditor.providers.google.permissions import capabilities

_C = Capability
UNRESTRICTED = frozenset({"roles/owner"})
_LOOK = frozenset({_C.READ_LOGS})
_DATA = frozenset({_C.READ_DATA})
_STORE = frozenset({_C.READ_DATA, _C.WRITE_DATABASE})
_SHIP = frozenset({_C.DEPLOY, _C.RESTART, _C.CHANGE_CONFIG})
_BUILD = frozenset({_C.MANAGE_INFRASTRUCTURE, _C.RESTART})
_SET = frozenset({_C.CHANGE_CONFIG})
_KEYS = frozenset({_C.MANAGE_SECRETS})
_ACCESS = frozenset({_C.MANAGE_ACCESS})
_MONEY = frozenset({_C.MANAGE_BILLING})
_NOTHING: frozenset[Capability] = frozenset()

_KNOWN: dict[str, frozenset[Capability]] = {
    "owner": frozenset(Capability),
    "editor": frozenset(Capability) - {_C.MANAGE_ACCESS, _C.MANAGE_BILLING},
    "viewer": _LOOK | _DATA,
    "reader": _LOOK | _DATA,
    "writer": frozenset(Capability) - {_C.MANAGE_ACCESS, _C.MANAGE_BILLING},
    "admin": frozenset(Capability),
    "browser": _NOTHING,
    # logs, metrics and health
    "logging.viewer": _LOOK,
    "logging.privateLogViewer": _LOOK,
    "logging.viewAccessor": _LOOK,
    "logging.admin": _LOOK | _SET,
    "logging.configWriter": _SET,
    "logging.logWriter": _NOTHING,
    "logging.bucketWriter": _NOTHING,
    "monitoring.viewer": _LOOK,
    "monitoring.editor": _LOOK | _SET,
    "monitoring.admin": _LOOK | _SET,
    "monitoring.metricWriter": _NOTHING,
    "cloudtrace.user": _LOOK,
    "cloudtrace.agent": _NOTHING,
    "errorreporting.user": _LOOK,
    "errorreporting.writer": _NOTHING,
    "cloudprofiler.agent": _NOTHING,
    # releasing and running
    "run.admin": _SHIP,
    "run.developer": _SHIP,
    "run.sourceDeveloper": _SHIP,
    "run.invoker": _NOTHING,
    "run.jobsExecutor": frozenset({_C.RESTART}),
    "cloudfunctions.admin": _SHIP,
    "cloudfunctions.developer": _SHIP,
    "cloudfunctions.invoker": _NOTHING,
    "appengine.appAdmin": _SHIP,
    "appengine.deployer": frozenset({_C.DEPLOY}),
    "appengine.serviceAdmin": _SHIP,
    "appengine.codeViewer": _DATA,
    "container.admin": _SHIP | _BUILD | {_C.SHELL, _C.MANAGE_SECRETS},
    "container.clusterAdmin": _BUILD,
    "container.developer": _SHIP | {_C.SHELL, _C.MANAGE_SECRETS},
    "clouddeploy.operator": _SHIP,
    "clouddeploy.releaser": frozenset({_C.DEPLOY}),
    "clouddeploy.approver": frozenset({_C.DEPLOY}),
    "cloudbuild.builds.editor": frozenset({_C.DEPLOY}),
    "cloudbuild.builds.builder": frozenset({_C.DEPLOY}),
    "artifactregistry.writer": frozenset({_C.DEPLOY}),
    "artifactregistry.reader": _NOTHING,
    "cloudscheduler.jobRunner": frozenset({_C.RESTART}),
    "workflows.invoker": frozenset({_C.RESTART}),
    # data
    "storage.admin": _STORE | _SET,
    "storage.objectAdmin": _STORE,
    "storage.objectUser": _STORE,
    "storage.objectCreator": frozenset({_C.WRITE_DATABASE}),
    "storage.objectViewer": _DATA,
    "storage.legacyBucketOwner": frozenset({_C.WRITE_DATABASE}) | _SET,
    "storage.legacyBucketWriter": frozenset({_C.WRITE_DATABASE}),
    "storage.legacyBucketReader": _NOTHING,
    "storage.legacyObjectOwner": _STORE,
    "storage.legacyObjectReader": _DATA,
    "bigquery.admin": _STORE,
    "bigquery.dataOwner": _STORE,
    "bigquery.dataEditor": _STORE,
    "bigquery.dataViewer": _DATA,
    "bigquery.filteredDataViewer": _DATA,
    "bigquery.user": _NOTHING,
    "bigquery.jobUser": _NOTHING,
    "bigquery.readSessionUser": _NOTHING,
    "bigquery.metadataViewer": _NOTHING,
    "cloudsql.admin": _STORE | _BUILD,
    "cloudsql.editor": _STORE | {_C.RESTART},
    "cloudsql.client": _STORE,
    "cloudsql.instanceUser": _STORE,
    "cloudsql.studioUser": _STORE,
    "cloudsql.viewer": _DATA,
    "datastore.owner": _STORE,
    "datastore.user": _STORE,
    "datastore.viewer": _DATA,
    "spanner.databaseUser": _STORE,
    "spanner.databaseReader": _DATA,
    "spanner.viewer": _NOTHING,
    "bigtable.user": _STORE,
    "bigtable.reader": _DATA,
    "bigtable.viewer": _NOTHING,
    "redis.viewer": _NOTHING,
    "alloydb.client": _STORE,
    "pubsub.publisher": _NOTHING,
    "pubsub.subscriber": _DATA,
    "pubsub.viewer": _NOTHING,
    "cloudtasks.enqueuer": _NOTHING,
    # secrets and keys
    "secretmanager.admin": _KEYS | _DATA,
    "secretmanager.secretVersionManager": _KEYS,
    "secretmanager.secretVersionAdder": _KEYS,
    "secretmanager.secretAccessor": _DATA,
    "secretmanager.viewer": _NOTHING,
    "cloudkms.admin": _KEYS,
    "cloudkms.viewer": _NOTHING,
    "cloudkms.cryptoKeyEncrypterDecrypter": _NOTHING,
    "cloudkms.cryptoKeyEncrypter": _NOTHING,
    "cloudkms.cryptoKeyDecrypter": _NOTHING,
    # hosts and networks
    "compute.admin": _BUILD | {_C.SHELL},
    "compute.instanceAdmin": _BUILD | {_C.SHELL},
    "compute.instanceAdmin.v1": _BUILD | {_C.SHELL},
    "compute.osLogin": frozenset({_C.SHELL}),
    "compute.osAdminLogin": frozenset({_C.SHELL}),
    "compute.osLoginExternalUser": frozenset({_C.SHELL}),
    "compute.viewer": _LOOK,
    "compute.networkViewer": _NOTHING,
    "compute.imageUser": _NOTHING,
    "compute.networkUser": _NOTHING,
    "iap.tunnelResourceAccessor": frozenset({_C.SHELL}),
    "iap.httpsResourceAccessor": _NOTHING,
    # who may do what
    "resourcemanager.projectIamAdmin": _ACCESS,
    "resourcemanager.folderAdmin": _ACCESS | _BUILD,
    "resourcemanager.folderIamAdmin": _ACCESS,
    "resourcemanager.organizationAdmin": _ACCESS,
    "resourcemanager.projectCreator": _NOTHING,
    "resourcemanager.projectDeleter": _BUILD,
    "resourcemanager.projectMover": _BUILD,
    "iam.securityAdmin": _ACCESS,
    "iam.securityReviewer": _NOTHING,
    "iam.serviceAccountAdmin": _ACCESS,
    "iam.serviceAccountCreator": _ACCESS,
    "iam.serviceAccountKeyAdmin": _ACCESS,
    "iam.serviceAccountUser": _NOTHING,
    "iam.serviceAccountTokenCreator": _NOTHING,
    "iam.serviceAccountOpenIdTokenCreator": _NOTHING,
    "iam.workloadIdentityUser": _NOTHING,
    "privilegedaccessmanager.viewer": _NOTHING,
    # money
    "billing.viewer": _NOTHING,
    "billing.costsManager": _MONEY,
}

# Roles of other names: what a service is made of, then how far the end of the name says that they go.
_SERVICES: tuple[tuple[str, frozenset[Capability], frozenset[Capability]], ...] = (
    (
        "run|cloudfunctions|appengine|clouddeploy|cloudbuild|artifactregistry|firebasehosting|firebaseapphosting",
        _SHIP,
        _NOTHING,
    ),
    ("container|gkehub|anthos\\w*", _SHIP | _BUILD, _NOTHING),
    (
        (
            "storage|bigquery\\w*|cloudsql|datastore|spanner|bigtable|redis|memcache|alloydb|firebasedatabase|firestore"
            "|healthcare|datacatalog|dataproc|dataflow|dataplex|analyticshub"
        ),
        _STORE,
        _DATA,
    ),
    ("secretmanager|cloudkms|privateca|certificatemanager|apikeys", _KEYS, _NOTHING),
    ("iam|resourcemanager|orgpolicy|accesscontextmanager|privilegedaccessmanager|cloudidentity", _ACCESS, _NOTHING),
    ("billing|consumerprocurement", _MONEY, _NOTHING),
    ("logging|monitoring|cloudtrace|cloudprofiler|errorreporting|stackdriver|cloudasset|securitycenter", _SET, _LOOK),
    (
        "pubsub|cloudscheduler|cloudtasks|workflows|eventarc|apigateway|endpoints|servicemanagement|firebase\\w*",
        _SET,
        _NOTHING,
    ),
    ("\\w+", _BUILD, _NOTHING),
)
_READS = re.compile(r"(?:\w*(?:[vV]iewer|[rR]eader|[rR]eviewer|[aA]uditor|[bB]rowser|[lL]ister))")
_NO_MORE = re.compile(
    r"(?:\w*(?:[iI]nvoker|[uU]ser|[aA]gent|[cC]onsumer|[wW]riter|[pP]ublisher|[mM]etadata\w*|[vV]iewerMetadata))"
)


def is_custom(role: str) -> bool:
    """Whether a role was made by the team itself."""
    return not role.startswith("roles/")


@lru_cache(maxsize=4096)
def of_role(role: str) -> frozenset[Capability]:
    """What a predefined role gives, by its name."""
    name = role.removeprefix("roles/")
    if name in _KNOWN:
        return _KNOWN[name]
    service, _, rest = name.partition(".")
    last = rest.rpartition(".")[2]
    for services, changes, reads in _SERVICES:
        if re.fullmatch(services, service):
            if _READS.fullmatch(last):
                return reads if "metadata" not in last.lower() else _NOTHING
            # A service's own agent and whoever only uses a service do not change it; writers of data do.
            return _NOTHING if _NO_MORE.fullmatch(last) and changes is not _STORE else changes
    return _NOTHING


def of_permissions(permissions: Iterable[str]) -> frozenset[Capability]:
    """What a custom role gives, by what is in it."""
    return capabilities(permissions)


# Holding one of these on a service account is being able to do what it can.
_BECOMES = frozenset(
    {
        "roles/iam.serviceAccountTokenCreator",
        "roles/iam.serviceAccountUser",
        "roles/iam.serviceAccountKeyAdmin",
        "roles/iam.serviceAccountAdmin",
        "roles/iam.workloadIdentityUser",
    }
)
_BECOMING = frozenset(
    {
        "iam.serviceAccounts.actAs",
        "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.signBlob",
        "iam.serviceAccounts.signJwt",
        "iam.serviceAccounts.setIamPolicy",
        "iam.serviceAccountKeys.create",
    }
)


def impersonates(role: str, permissions: Iterable[str] = ()) -> bool:
    """Whether the role lets its holder become the service accounts that it is given on."""
    return role in _BECOMES or not _BECOMING.isdisjoint(permissions)
