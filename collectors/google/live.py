"""The sources of Google Cloud projects, read with the application default credentials."""

from collections.abc import Iterator, Sequence
from typing import Any


def sources(projects: Sequence[str]) -> Iterator[dict[str, Any]]:
    """IAM, SSH keys and audit logs of each project."""
    for project in projects:
        yield {"name": "gcp", "kind": "gcp-iam", "scope": f"projects/{project}"}
        yield {"name": "gcp-keys", "kind": "gcp-ssh-keys", "project": project}
        yield {"name": "gcp-logs", "kind": "gcp-audit-logs", "project": project}
