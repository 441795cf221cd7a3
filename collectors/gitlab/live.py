"""The sources of a GitLab group."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from auditor.config.sources.gitlab import GitlabAccess
from auditor.errors import SourceError
from collectors.gitlab.client import Gitlab, quoted_path

_TOKEN = "GITLAB_TOKEN"  # noqa: S105 - the name of a variable


def sources(groups: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Members, keys and tokens of each group, given by its address: `https://gitlab.harbour.example/harbour`.

    And the pipelines and deployments of those of its projects that have pipelines, where the token may read them.

    Raises:
        SourceError: an address is none, the token is not set, or the group cannot be read with it.
    """
    for group in groups:
        parts = urlsplit(group)
        path = parts.path.strip("/")
        if parts.scheme not in ("http", "https") or not (parts.netloc and path):
            raise SourceError(
                f"{group} is no address of a GitLab group.", do="Give it as https://gitlab.harbour.example/harbour."
            )
        server = {"url": f"{parts.scheme}://{parts.netloc}", "token_env": _TOKEN}
        access = {"name": "gitlab", "kind": "gitlab-access", **server, "groups": [path]}
        projects = list(_with_pipelines(replace(Gitlab.of(GitlabAccess.model_validate(access)), retries=0), path))
        yield access
        if projects:
            yield {"name": "releases", "kind": "gitlab-activity", **server, "projects": projects}


def _with_pipelines(gitlab: Gitlab, group: str) -> Iterator[str]:
    """The group's projects of which the token shows pipelines; raises SourceError where it does not show the group."""
    asked = {"include_subgroups": "true", "archived": "false", "simple": "true"}
    try:
        projects = gitlab.records(f"/groups/{quoted_path(group)}/projects", asked)
    except ValueError as error:
        raise SourceError(f"{gitlab.api.url} does not answer as GitLab does: {error}.") from error
    for project in projects:
        path = project.get("path_with_namespace") if isinstance(project, dict) else None
        if isinstance(path, str) and _has_pipelines(gitlab, path):
            yield path


def _has_pipelines(gitlab: Gitlab, project: str) -> bool:
    try:
        answer = gitlab.get(f"/projects/{quoted_path(project)}/pipelines", {"per_page": "1"})
    except SourceError:
        return False  # switched off there, or not for this token: the source of the members tells what it lacks
    return bool(answer.json())
