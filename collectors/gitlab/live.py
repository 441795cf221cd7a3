"""The sources of a GitLab group."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

_TOKEN = "GITLAB_TOKEN"  # noqa: S105 - the name of a variable


def sources(groups: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Members, keys and tokens of each group, given by its address: `https://gitlab.harbour.example/harbour`."""
    for group in groups:
        parts = urlsplit(group)
        server = {"url": f"{parts.scheme}://{parts.netloc}", "token_env": _TOKEN}
        yield {"name": "gitlab", "kind": "gitlab-access", **server, "groups": [parts.path.strip("/")]}
