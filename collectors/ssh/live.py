"""The sources of hosts, read over SSH by the login `auditor`."""

from collections.abc import Iterator, Sequence
from typing import Any


def sources(hosts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Keys and sign-ins of all hosts."""
    yield {"name": "host-keys", "kind": "ssh-keys", "hosts": list(hosts)}
    yield {"name": "logins", "kind": "ssh-logins", "hosts": list(hosts)}
