"""The providers whose rights a script can take away."""

from auditor.model.handles import Handle
from reports.cleanup.aws import AWS
from reports.cleanup.databases import MYSQL, POSTGRES
from reports.cleanup.github import GITHUB
from reports.cleanup.gitlab import GITLAB
from reports.cleanup.google import GOOGLE
from reports.cleanup.rights import Remover, Right, text
from reports.cleanup.ssh import SSH
from reports.cleanup.vpn import VPN

REMOVERS: dict[str, Remover] = {
    "aws": AWS,
    "ssh": SSH,
    "gcp": GOOGLE,
    "gitlab": GITLAB,
    "github": GITHUB,
    "postgres": POSTGRES,
    "mysql": MYSQL,
    "vpn": VPN,
}
"""By the name that rows give them, in the order of their steps."""

_ORDER = (
    *((name, kind) for name, one in REMOVERS.items() for kind in one.kinds),
    *((name, kind) for name, one in REMOVERS.items() for kind in one.final),
)


def right_of(handle: Handle) -> Right | None:
    """The right that a handle names; None where no step can take it away."""
    remover = REMOVERS.get(text(handle, "provider"))
    return remover.right_of(handle) if remover else None


def is_final(right: Right) -> bool:
    """Whether it cannot be given back."""
    return right.kind in REMOVERS[right.provider].final


def order(right: Right) -> tuple[int | str, ...]:
    """What can be given back before what cannot, then account by account."""
    return (_ORDER.index((right.provider, right.kind)), *right.target)
