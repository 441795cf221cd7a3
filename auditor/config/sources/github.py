"""Sources of GitHub."""

from typing import Literal

from pydantic import Field

from auditor.config.base import Text, Variable, WebAddress, optional, several
from auditor.config.sources.base import RIGHTS, IssueSource, Source


class GithubLogin(Source):
    """How to reach GitHub."""

    url: WebAddress = Field(default="https://api.github.com", description="address of the API")
    token_env: Variable = Field(
        default="GITHUB_TOKEN", description="name of the environment variable that holds the token"
    )


class GithubAccess(GithubLogin):
    """GitHub organisations and repositories: who may do what in them, keys, apps, environments, protected branches."""

    FEEDS = RIGHTS
    NEVER_EMPTY = True
    SOME_OF = ("organizations", "repositories")

    kind: Literal["github-access"]
    organizations: tuple[Text, ...] = several(
        "names of organisations: their members, teams and apps; every repository is read too"
    )
    repositories: tuple[Text, ...] = several(
        "repositories such as harbour/checkout; only these are read, where any is named"
    )


class GithubActivity(GithubLogin):
    """GitHub's deployments, workflow runs and audit log."""

    FEEDS = ("activity", "deployments", "pipelines")
    SOME_OF = ("repositories", "organizations", "audit_log")

    kind: Literal["github-activity"]
    repositories: tuple[Text, ...] = several("repositories such as harbour/checkout")
    organizations: tuple[Text, ...] = several(
        "organisations whose audit log is read, which Enterprise Cloud alone shows to programs"
    )
    audit_log: Text | None = optional(
        "file or folder of exports of the audit log, JSON, which every organisation can make"
    )


class GithubTickets(IssueSource, GithubLogin):
    """GitHub issues as tickets."""

    PLACES = "repositories"

    kind: Literal["github-tickets"]
    repositories: tuple[Text, ...] = Field(min_length=1, description="repositories such as harbour/ops")
