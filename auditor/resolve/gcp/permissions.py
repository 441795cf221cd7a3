"""Google's permissions in plain capabilities, for custom roles: by service and verb.

Where the lines run: as for AWS. Getting and listing what is set up is no capability; reading what is stored in it is
`read-data`; using a secret's value is `read-data`, changing it `manage-secrets`; a policy on one resource is
`change-config`, while `manage-access` is who may do what in a project, and becoming a service account is reach.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from auditor.model.vocabulary import Capability

_C = Capability
_READ = re.compile(r"(?:get|list|search|query|view|fetch|lookup|check|test|calculate|estimate|count)\w*")

# The first pattern that fits a permission decides; None gives nothing.
_TABLE: tuple[tuple[Capability | None, str], ...] = (
    (
        _C.MANAGE_ACCESS,
        (
            r"resourcemanager\.(?:projects|folders|organizations)\.setIamPolicy|iam\.(?:roles|denypolicies)\.(?:create|update"
            r"|delete|undelete)|iam\.serviceAccounts\.setIamPolicy|iam\.workloadIdentityPool\w*\.(?:create|update)\w*"
            r"|orgpolicy\.policies?\.(?:create|update|delete|set)|iam\.serviceAccountKeys\.create"
            r"|resourcemanager\.tag\w+\.setIamPolicy|privilegedaccessmanager\.\w+\.(?:create|update|approve)\w*"
        ),
    ),
    (
        None,
        (
            r"iam\.serviceAccounts\.(?:actAs|getAccessToken|getOpenIdToken|signBlob|signJwt|implicitDelegation)"
            r"|bigquery\.jobs\.\w+|pubsub\.\w+\.publish"
        ),
    ),
    (
        _C.MANAGE_ACCESS,
        r"iam\.(?:serviceAccounts|serviceAccountKeys)\.(?:create|update|delete|undelete|enable|disable)",
    ),
    (
        _C.READ_LOGS,
        (
            r"logging\.(?:logEntries|privateLogEntries|views|logs)\.(?:list|access|download|listShared\w*|get)|logging"
            r"\.queries\.\w+|monitoring\.timeSeries\.(?:list|query)|cloudtrace\.traces\.(?:get|list)|cloudprofiler\.profiles"
            r"\.list|errorreporting\.\w+\.(?:get|list)|compute\.instances\.get(?:SerialPortOutput|Screenshot)"
            r"|run\.jobs\.getLogs?|container\.pods\.getLogs"
        ),
    ),
    (
        _C.SHELL,
        (
            r"compute\.(?:instances\.(?:osLogin|osAdminLogin|setMetadata)|projects\.setCommonInstanceMetadata)"
            r"|container\.pods\.(?:exec|attach|portForward)|iap\.tunnel\w*\.accessViaIAP|workstations\.workstations\.use"
            r"|compute\.instances\.(?:useReadOnly)?serialPort\w*|cloudshell\..*"
        ),
    ),
    (
        _C.READ_DATA,
        (
            r"storage\.objects\.get|bigquery\.(?:tables\.(?:getData|export)|models\.getData|readsessions\.(?:create|getData)"
            r"|routines\.get)|secretmanager\.versions\.access|datastore\.entities\.(?:get|list)|spanner\.databases\.(?:read"
            r"|select|beginReadOnlyTransaction)|bigtable\.tables\.(?:readRows|sampleRowKeys)|pubsub\.subscriptions\.consume"
            r"|cloudsql\.instances\.export|container\.secrets\.(?:get|list)|firebasedatabase\.instances\.get|redis\.instances"
            r"\.export|artifactregistry\.repositories\.downloadArtifacts|alloydb\.backups\.get|healthcare\.\w+\.(?:get|search)"
        ),
    ),
    (
        _C.WRITE_DATABASE,
        (
            r"cloudsql\.(?:instances\.(?:connect|login|executeSql|import|restoreBackup|clone|promoteReplica|delete|update"
            r"|create|truncateLog)|databases\.(?:create|update|delete)|users\.(?:create|update|delete)|backupRuns\.delete)"
        ),
    ),
    (_C.RESTART, r"cloudsql\.instances\.(?:restart|failover|startReplica|stopReplica)"),
    (
        _C.RESTART,
        (
            r"compute\.instances\.(?:start|stop|reset|resume|suspend|simulateMaintenanceEvent)|compute\.instanceGroupManagers"
            r"\.\w*(?:restart|recreate)\w*|run\.(?:jobs\.run\w*|executions\.(?:cancel|delete)|routes\.invoke)"
            r"|cloudfunctions\.functions\.(?:call|invoke)|workflows\.executions\.(?:create|cancel)|cloudscheduler\.jobs"
            r"\.(?:run|pause|enable)|redis\.instances\.(?:failover|reboot)|container\.pods\.(?:delete|evict)"
            r"|container\.(?:deployments|statefulSets)\.updateScale"
        ),
    ),
    (
        _C.MANAGE_SECRETS,
        (
            r"secretmanager\.(?!.*\.(?:get|list)).*|cloudkms\.(?!.*\.(?:get|list|use\w*|verify|viewPublicKey)).*"
            r"|certificatemanager\..*\.(?:create|update|delete)|privateca\..*\.(?:create|update|delete|use)"
            r"|container\.secrets\.(?:create|update|delete)|apikeys\.keys\.(?:create|update|delete|getKeyString)"
        ),
    ),
    (_C.MANAGE_BILLING, r"billing\.(?!.*\.(?:get|list)).*|consumerprocurement\.(?!.*\.(?:get|list)).*"),
    (
        _C.WRITE_DATABASE,
        (
            r"(?:storage\.objects|bigquery\.(?:tables|datasets|routines|models)|datastore|firebasedatabase|spanner|bigtable"
            r"|alloydb|redis|memcache|firebase(?:rules|storage)|healthcare)\.?.*\.?(?:create|update\w*|delete\w*|write\w*"
            r"|mutateRows|import|restore\w*|override|truncate\w*|beginOrRollback\w*|beginPartitioned\w*|move)"
        ),
    ),
    (
        _C.DEPLOY,
        (
            r"(?:run\.(?:services|jobs|revisions|configurations|workerpools)|cloudfunctions\.functions|appengine\.(?:versions"
            r"|services|applications)|clouddeploy|cloudbuild|artifactregistry|containerregistry|firebasehosting|container"
            r"\.(?:deployments|statefulSets|daemonSets|replicaSets|jobs|cronJobs|pods))\b.*\.?(?:create\w*|update\w*|delete\w*"
            r"|deploy\w*|approve\w*|uploadArtifacts|rollback\w*|promote\w*|sourceCodeSet|updateData|patch\w*|advance\w*"
            r"|ignoreJob|retryJob|terminate\w*)"
        ),
    ),
    (
        _C.CHANGE_CONFIG,
        (
            r"(?:logging|monitoring|pubsub|cloudscheduler|cloudtasks|workflows|eventarc|apigateway|endpoints|servicemanagement"
            r"|runtimeconfig|parametermanager|cloudconfig\w*|firebaseremoteconfig|errorreporting|cloudtrace|container"
            r"\.(?:configMaps|services|ingresses))\..*"
        ),
    ),
    (_C.CHANGE_CONFIG, r".*\.setIamPolicy|.*\.(?:setLabels|createTagBinding|deleteTagBinding)"),
    (_C.MANAGE_ACCESS, r"(?:iam|orgpolicy|accesscontextmanager|cloudidentity|iap\.\w+\.update\w*)\..*"),
    (None, r".*\.(?:use\w*|export|access|attach|detach|report|recommend\w*|wait|invoke)"),
    (_C.MANAGE_INFRASTRUCTURE, r".*"),
)
_RULES = tuple((capability, re.compile(pattern)) for capability, pattern in _TABLE)
_BEFORE_READ = 6  # the lines that read something come first; after them, reading what is set up gives nothing


@lru_cache(maxsize=16384)
def capability(permission: str) -> Capability | None:
    """What one permission gives; None where it is no capability."""
    reads = _READ.fullmatch(permission.rpartition(".")[2]) is not None
    for number, (found, pattern) in enumerate(_RULES):
        if reads and number > _BEFORE_READ:
            return None
        if pattern.fullmatch(permission):
            return found
    return None


def capabilities(permissions: Iterable[str]) -> frozenset[Capability]:
    """The plain capabilities that a set of permissions gives."""
    return frozenset(found for permission in permissions if (found := capability(permission)))
