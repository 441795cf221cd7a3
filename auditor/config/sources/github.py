"""Sources of GitHub."""

from typing import Literal

from pydantic import Field, model_validator

from auditor.config.base import Text, Variable, WebAddress
from auditor.config.sources.base import RIGHTS, Source, Within, prefix_of_one


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

    kind: Literal["github-access"]
    organizations: tuple[Text, ...] = Field(
        default=(), description="names of organisations: their members, teams and apps; every repository is read too"
    )
    repositories: tuple[Text, ...] = Field(
        default=(), description="repositories such as harbour/checkout; only these are read, where any is named"
    )

    @model_validator(mode="after")
    def _something(self) -> "GithubAccess":
        if not (self.organizations or self.repositories):
            raise ValueError("expected organizations or repositories, at least one of them")
        return self


class GithubActivity(GithubLogin):
    """GitHub's deployments, workflow runs and audit log."""

    FEEDS = ("activity", "deployments", "pipelines")

    kind: Literal["github-activity"]
    repositories: tuple[Text, ...] = Field(default=(), description="repositories such as harbour/checkout")
    organizations: tuple[Text, ...] = Field(
        default=(),
        description="organisations whose audit log is read, which Enterprise Cloud alone shows to programs",
    )
    audit_log: Text | None = Field(
        default=None, description="file or folder of exports of the audit log, JSON, which every organisation can make"
    )

    @model_validator(mode="after")
    def _something(self) -> "GithubActivity":
        if not (self.repositories or self.organizations or self.audit_log):
            raise ValueError("expected repositories, organizations or audit_log, at least one of them")
        return self


class GithubTickets(GithubLogin):
    """GitHub issues as tickets."""

    FEEDS = ("tickets",)

    kind: Literal["github-tickets"]
    repositories: tuple[Text, ...] = Field(min_length=1, description="repositories such as harbour/ops")
    prefix: Text | None = Field(
        default=None, description="with `OPS`, issue 12 is ticket OPS-12; for one repository; else it is `name#12`"
    )
    updated_within: Within = None

    @model_validator(mode="after")
    def _names_tickets(self) -> "GithubTickets":
        return prefix_of_one(self, self.repositories)
