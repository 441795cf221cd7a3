"""The sources of GitHub: an organisation, and issues of a repository as tickets."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from auditor.config.sources.github import GithubAccess
from auditor.errors import SourceError
from collectors.github.client import Github, quoted_path

_TOKEN = "GITHUB_TOKEN"  # noqa: S105 - the name of a variable
_CLOUD = "https://github.com"
_PLACE = re.compile(r"(?:(?P<server>https?://[^/\s@?#]+)/)?(?P<path>[\w.-]+(?:/[\w.-]+)?)/?", re.ASCII)


def sources(places: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Members, teams, keys and releases of an organisation such as `harbour`; of `harbour/ops` the issues as tickets.

    A server of one's own is named by the address: `https://git.harbour.example/harbour`. Of an organisation's
    repositories those are followed that have environments to deploy to, where the token may read them.

    Raises:
        SourceError: a place is none, the token is not set, or an organisation cannot be read with it.
    """
    for place in places:
        named = _PLACE.fullmatch(place)
        if named is None:
            raise SourceError(
                f"{place} is no organisation or repository of GitHub.", do="Give it as harbour or harbour/ops."
            )
        server, path = named["server"] or _CLOUD, named["path"]
        login = {"token_env": _TOKEN} | ({} if server == _CLOUD else {"url": f"{server}/api/v3"})
        if "/" in path:
            yield {"name": "tickets", "kind": "github-tickets", **login, "repositories": [path]}
            continue
        access = {"name": "github", "kind": "github-access", **login, "organizations": [path]}
        yield access
        github = Github.of(GithubAccess.model_validate(access), retries=0)
        if repositories := list(_with_environments(github, path)):
            yield {"name": "releases", "kind": "github-activity", **login, "repositories": repositories}


def _with_environments(github: Github, organization: str) -> Iterator[str]:
    for record in github.records(f"/orgs/{quoted_path(organization)}/repos", {"type": "all"}):
        name = record.get("full_name") if isinstance(record, dict) else None
        if isinstance(name, str) and not record.get("archived") and _has_environments(github, name):
            yield name


def _has_environments(github: Github, name: str) -> bool:
    try:
        return bool(github.get(f"/repos/{quoted_path(name)}/environments").get("environments"))
    except SourceError:
        return False  # not for this token: the source of the members tells what it lacks
