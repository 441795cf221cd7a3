"""What somebody did in Google Cloud, as a capability that it took."""

from auditor.model.vocabulary import Capability

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


def capabilities_of(action: str) -> frozenset[Capability]:
    """The capabilities that a method takes (`compute:v1.compute.instances.reset`); none where that is not known."""
    service, _, method = action.partition(":")
    verb = method.rsplit(".", 1)[-1].lower()
    if verb.startswith(_READS):
        return frozenset()
    if service == "compute" and verb.startswith(_RESTARTS):
        return frozenset({Capability.RESTART})
    found = _GOOGLE_SERVICES.get(service)
    return frozenset({found} if found else ())
