"""Ports that sshd forwards: what a login reaches behind its host, for which it needs no shell."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from auditor.model.entitlements import Entitlement
from auditor.model.findings import pointer
from auditor.model.tables import Credential, Grant
from auditor.model.vocabulary import Capability, Level
from auditor.providers.ssh.options import options_of, values_of

FORWARDED = "PermitOpen"
"""The role of a grant by which a login's ports are forwarded to a place that sshd or a line of keys names."""
ONLY_FORWARDS = "only to forward ports: its login has no shell"
"""What a grant asks for that opens nothing else."""
_ITSELF = frozenset({"localhost", "127.0.0.1", "::1"})


def forwarded(key: Credential, path: Entitlement, opened: Sequence[Grant]) -> Iterator[Entitlement]:
    """A path for each place that a key's login forwards to, whose system is not told yet."""
    for grant in opened:
        named = grant.resource.rpartition(":")[0].strip("[]")
        host = (key.resource or "") if named.lower() in _ITSELF else named
        if _may_forward(key, grant.resource):
            yield _behind(path, grant, host)


def _may_forward(key: Credential, place: str) -> bool:
    """Whether a line of authorized_keys leaves its key the forwarding that sshd allows."""
    names, places = options_of(key.options), values_of(key.options, "permitopen")
    barred = "no-port-forwarding" in names or ("restrict" in names and "port-forwarding" not in names)
    return not barred and (not places or place.lower() in map(str.lower, places))


def _behind(path: Entitlement, grant: Grant, host: str) -> Entitlement:
    """The port, and what an account of what listens there lets do; a forced command keeps nobody from it."""
    asked = (one for one in path.conditions if not one.startswith(("only to ", "only below ")))
    return replace(
        path,
        scope=host,
        capabilities=frozenset({Capability.READ_DATA, Capability.WRITE_DATABASE}),
        level=Level.WRITE,
        unrestricted=False,
        path=(*path.path[:2], f"sshd forwards to {grant.resource} (PermitOpen)"),
        resource=host,
        conditions=(*asked, f"only with an account of what listens at {grant.resource}"),
        evidence=(*path.evidence, pointer(grant)),
    )
