"""The sources of GitHub: issues as tickets."""

from collections.abc import Iterator, Sequence
from typing import Any

_TOKEN = "GITHUB_TOKEN"  # noqa: S105 - the name of a variable


def sources(repositories: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The issues of repositories such as `harbour/ops`."""
    yield {"name": "tickets", "kind": "github-tickets", "token_env": _TOKEN, "repositories": list(repositories)}
