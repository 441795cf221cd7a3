"""From a handle to the right that it names."""

from auditor.model.handles import Handle
from reports.cleanup.aws import aws_right
from reports.cleanup.gitlab import gitlab_right
from reports.cleanup.google import gcp_right
from reports.cleanup.rights import Right, text
from reports.cleanup.ssh import ssh_right

_READERS = {"aws": aws_right, "ssh": ssh_right, "gcp": gcp_right, "gitlab": gitlab_right}


def right_of(handle: Handle) -> Right | None:
    """The right that a handle names; None where no step can take it away."""
    reader = _READERS.get(text(handle, "provider"))
    return reader(handle) if reader else None
