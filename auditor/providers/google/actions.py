"""What somebody did in Google Cloud, as a capability that it took."""

from functools import cache

from auditor.model.vocabulary import Capability
from auditor.model.written import written

_RESTARTS = ("reset", "start", "stop", "suspend", "resume")
_READS = ("get", "list", "aggregated", "access", "search", "query", "watch")


@cache
def _by_service() -> dict[str, Capability]:
    table = written(__package__, "actions", dict[Capability, str])
    return {service: capability for capability, services in table.items() for service in services.split()}


def capabilities_of(action: str) -> frozenset[Capability]:
    """The capabilities that a method takes (`compute:v1.compute.instances.reset`); none where that is not known."""
    service, _, method = action.partition(":")
    verb = method.rsplit(".", 1)[-1].lower()
    if verb.startswith(_READS):
        return frozenset()
    if service == "compute" and verb.startswith(_RESTARTS):
        return frozenset({Capability.RESTART})
    found = _by_service().get(service)
    return frozenset({found} if found else ())
