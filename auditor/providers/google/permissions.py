"""Google's permissions in plain capabilities, for custom roles: by service and verb.

Where the lines run: as for AWS. Getting and listing what is set up is no capability; reading what is stored in it is
`read-data`; reading a secret's value is `read-data`, changing it `manage-secrets`; a policy on one resource is
`change-config`, while `manage-access` is who may do what in a project. Becoming a service account is reach, and
starting a query is nothing without the data that it reads.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from auditor.model.globs import matches
from auditor.model.vocabulary import Capability

_C = Capability
Table = tuple[tuple[Capability | None, str], ...]

# The first line that names a permission decides; None gives nothing.
_TELLING: Table = (
    (
        _C.MANAGE_ACCESS,
        """
        resourcemanager.projects.setIamPolicy resourcemanager.folders.setIamPolicy
        resourcemanager.organizations.setIamPolicy resourcemanager.tag*.setIamPolicy
        iam.roles.create iam.roles.update iam.roles.delete iam.roles.undelete iam.denypolicies.create
        iam.denypolicies.update iam.denypolicies.delete iam.serviceAccounts.setIamPolicy
        iam.serviceAccounts.create iam.serviceAccounts.update iam.serviceAccounts.delete
        iam.serviceAccounts.undelete iam.serviceAccounts.enable iam.serviceAccounts.disable
        iam.serviceAccountKeys.create iam.serviceAccountKeys.delete iam.serviceAccountKeys.enable
        iam.serviceAccountKeys.disable iam.workloadIdentityPool*.create iam.workloadIdentityPool*.update
        iam.workloadIdentityPool*.delete orgpolicy.policies.* orgpolicy.policy.set
        privilegedaccessmanager.*.create privilegedaccessmanager.*.update privilegedaccessmanager.*.approve
        """,
    ),
    (None, "iam.serviceAccounts.* bigquery.jobs.* pubsub.*.publish"),
    (
        _C.READ_LOGS,
        """
        logging.logEntries.list logging.logEntries.download logging.privateLogEntries.list logging.views.access
        logging.logs.list logging.queries.* monitoring.timeSeries.list monitoring.timeSeries.query
        cloudtrace.traces.get cloudtrace.traces.list cloudprofiler.profiles.list errorreporting.*.get
        errorreporting.*.list compute.instances.getSerialPortOutput compute.instances.getScreenshot
        container.pods.getLogs
        """,
    ),
    (
        _C.SHELL,
        """
        compute.instances.osLogin compute.instances.osAdminLogin compute.instances.setMetadata
        compute.projects.setCommonInstanceMetadata container.pods.exec container.pods.attach
        container.pods.portForward iap.tunnel*.accessViaIAP workstations.workstations.use cloudshell.*
        """,
    ),
    (
        _C.READ_DATA,
        """
        storage.objects.get bigquery.tables.getData bigquery.tables.export bigquery.models.getData
        bigquery.readsessions.* secretmanager.versions.access datastore.entities.get datastore.entities.list
        spanner.databases.read spanner.databases.select spanner.databases.beginReadOnlyTransaction
        bigtable.tables.readRows bigtable.tables.sampleRowKeys pubsub.subscriptions.consume
        cloudsql.instances.export redis.instances.export container.secrets.get container.secrets.list
        firebasedatabase.instances.get artifactregistry.repositories.downloadArtifacts healthcare.*.get
        healthcare.*.search
        """,
    ),
)

# Past those, getting and listing gives nothing.
_LOOKING = re.compile(r"(?:get|list|search|query|view|fetch|lookup|check|test|calculate|estimate|count)\w*")

_CHANGING: Table = (
    (None, "cloudkms.*.use* cloudkms.*.verify secretmanager.locations.* *.use* *.access *.export *.wait *.report"),
    (
        _C.RESTART,
        """
        compute.instances.start compute.instances.stop compute.instances.reset compute.instances.resume
        compute.instances.suspend cloudsql.instances.restart cloudsql.instances.failover
        cloudsql.instances.startReplica cloudsql.instances.stopReplica run.jobs.run* run.executions.cancel
        run.executions.delete run.routes.invoke cloudfunctions.functions.call cloudfunctions.functions.invoke
        workflows.executions.create workflows.executions.cancel cloudscheduler.jobs.run cloudscheduler.jobs.pause
        cloudscheduler.jobs.enable redis.instances.failover container.pods.delete container.pods.evict
        container.*.updateScale
        """,
    ),
    (
        _C.MANAGE_SECRETS,
        "secretmanager.* cloudkms.* certificatemanager.* privateca.* apikeys.keys.* container.secrets.*",
    ),
    (_C.MANAGE_BILLING, "billing.* consumerprocurement.*"),
    (_C.CHANGE_CONFIG, "*.setIamPolicy *.setLabels *.createTagBinding *.deleteTagBinding"),
    (
        _C.WRITE_DATABASE,
        """
        storage.objects.* bigquery.tables.* bigquery.datasets.* bigquery.routines.* bigquery.models.* cloudsql.*
        datastore.* firebasedatabase.* spanner.* bigtable.* alloydb.* redis.* memcache.* healthcare.*
        """,
    ),
    (
        _C.DEPLOY,
        """
        run.services.* run.jobs.* run.revisions.* run.configurations.* run.workerpools.* cloudfunctions.functions.*
        appengine.versions.* appengine.services.* appengine.applications.* clouddeploy.* cloudbuild.*
        artifactregistry.* firebasehosting.* container.deployments.* container.statefulSets.*
        container.daemonSets.* container.replicaSets.* container.jobs.* container.cronJobs.* container.pods.*
        """,
    ),
    (
        _C.CHANGE_CONFIG,
        """
        logging.* monitoring.* pubsub.* cloudscheduler.* cloudtasks.* workflows.* eventarc.* apigateway.*
        endpoints.* servicemanagement.* runtimeconfig.* parametermanager.* cloudconfig.* errorreporting.*
        cloudtrace.* container.configMaps.* container.services.* container.ingresses.*
        """,
    ),
    (_C.MANAGE_ACCESS, "iam.* orgpolicy.* accesscontextmanager.* cloudidentity.* iap.*.update*"),
    (_C.MANAGE_INFRASTRUCTURE, "*"),
)


@lru_cache(maxsize=16384)
def capability(permission: str) -> Capability | None:
    """What one permission gives; None where it is no capability."""
    for found, patterns in _TELLING:
        if _named(permission, patterns):
            return found
    if _LOOKING.fullmatch(permission.rpartition(".")[2]):
        return None
    return next(found for found, patterns in _CHANGING if _named(permission, patterns))


def capabilities(permissions: Iterable[str]) -> frozenset[Capability]:
    """The plain capabilities that a set of permissions gives."""
    return frozenset(found for permission in permissions if (found := capability(permission)))


def _named(permission: str, patterns: str) -> bool:
    return any(matches(pattern, permission) for pattern in patterns.split())
