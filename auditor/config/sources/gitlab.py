"""Sources of GitLab."""

from typing import Literal

from pydantic import Field, model_validator

from auditor.config.base import Text, Variable, WebAddress, optional, several
from auditor.config.sources.base import RIGHTS, IssueSource, Source


class GitlabLogin(Source):
    """How to reach GitLab, and which of its features are there to be read."""

    url: WebAddress = Field(description="address of the GitLab server")
    token_env: Variable = Field(description="name of the environment variable that holds the token")
    tier: Literal["free", "premium", "ultimate"] | None = optional(
        "with `free`, what only paid tiers have is not asked for"
    )


class _TokenNamed(GitlabLogin):
    token_env: Variable = Field(
        default="GITLAB_TOKEN", description="name of the environment variable that holds the token"
    )


class GitlabAccess(_TokenNamed):
    """GitLab membership, keys and tokens, protected branches and environments; or who its members are, from a file."""

    FEEDS = RIGHTS
    NEVER_EMPTY = True

    kind: Literal["gitlab-access"]
    groups: tuple[Text, ...] = several("group paths; their projects are read too")
    projects: tuple[Text, ...] = several("project paths")
    file: Text | None = optional("members, as `glab api groups/…/members/all` prints them: who they are, no rights")

    @model_validator(mode="after")
    def _something(self) -> "GitlabAccess":
        if bool(self.groups or self.projects) == bool(self.file):
            raise ValueError("expected groups or projects, at least one of them, or else a file")
        return self


class GitlabActivity(_TokenNamed):
    """GitLab's pipelines, deployments and audit events."""

    FEEDS = ("activity", "deployments", "pipelines")
    SOME_OF = ("projects", "groups", "audit_log")
    BESIDE = (("projects", "url"), ("groups", "url"))

    kind: Literal["gitlab-activity"]
    url: WebAddress | Literal[""] = Field(default="", description="address of the GitLab server")
    projects: tuple[Text, ...] = several("project paths")
    groups: tuple[Text, ...] = several("group paths, for their audit events")
    audit_log: Text | None = optional(
        "file or folder of audit events: audit_json.log, streamed events, saved answers, the page's CSV"
    )

    @property
    def is_live(self) -> bool:
        """Whether the server is asked for anything."""
        return bool(self.projects or self.groups)


class GitlabTickets(IssueSource, GitlabLogin):
    """GitLab issues and incidents as tickets."""

    PLACES = "projects"

    kind: Literal["gitlab-tickets"]
    projects: tuple[Text, ...] = Field(min_length=1, description="project paths")
