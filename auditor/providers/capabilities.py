"""What somebody did, as a capability that it took."""

from functools import lru_cache

from auditor.model.vocabulary import Capability
from auditor.providers.aws.actions import expand
from auditor.providers.aws.capabilities import capabilities

# Google's logs name methods and not permissions; what changes by these services is of one sort.
_GOOGLE = {
    Capability.MANAGE_SECRETS: ("secretmanager", "cloudkms"),
    Capability.WRITE_DATABASE: ("alloydb", "bigtableadmin", "cloudsql", "datastore", "firestore", "redis", "spanner"),
    Capability.MANAGE_BILLING: ("billingbudgets", "cloudbilling"),
    Capability.MANAGE_INFRASTRUCTURE: (
        "compute",
        "container",
        "dns",
        "networkservices",
        "servicenetworking",
        "vpcaccess",
    ),
}
_GOOGLE_SERVICES = {service: capability for capability, services in _GOOGLE.items() for service in services}
_RESTARTS = ("reset", "start", "stop", "suspend", "resume")
_READS = ("get", "list", "aggregated", "access", "search", "query", "watch")


@lru_cache(maxsize=4096)
def capabilities_of(provider: str, action: str) -> frozenset[Capability]:
    """The capabilities that an act of this name takes; none where it is not known to take any.

    Args:
        provider: aws, gcp, gitlab or ssh.
        action: as the activity table has it, such as `rds:ModifyDBInstance`.
    """
    if provider == "aws":
        return capabilities(expand(action))
    if provider != "gcp":
        return frozenset()
    service, _, method = action.partition(":")
    verb = method.rsplit(".", 1)[-1].lower()
    if verb.startswith(_READS):
        return frozenset()
    if service == "compute" and verb.startswith(_RESTARTS):
        return frozenset({Capability.RESTART})
    found = _GOOGLE_SERVICES.get(service)
    return frozenset({found} if found else ())
