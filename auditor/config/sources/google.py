"""Sources of Google Cloud."""

from typing import Literal

from pydantic import Field

from auditor.config.base import Model, Text, Variable, WebAddress, optional, several
from auditor.config.sources.base import RIGHTS, Source


class GoogleLogin(Model):
    """How to reach Google Cloud; application default credentials when nothing is named."""

    credentials: Text | None = optional("credentials file, as gcloud writes or Google issues it")
    token_env: Variable | None = optional("name of the environment variable that holds an access token")
    endpoint_url: WebAddress | None = optional("another endpoint, for tests and the demo")


class GoogleIam(Source, GoogleLogin):
    """Google Cloud IAM bindings: live, or from `gcloud asset search-all-iam-policies`."""

    FEEDS = RIGHTS
    NEVER_EMPTY = True
    SOME_OF = ("scope", "file")
    BESIDE = (("beside", "file"),)

    kind: Literal["gcp-iam"]
    scope: Text | None = optional(
        "projects/…, folders/… or organizations/…; beside a `file`, what the policy in it is of"
    )
    file: Text | None = optional("answer of search-all-iam-policies or get-iam-policy, in JSON or YAML")
    beside: tuple[Text, ...] = several(
        "files beside it: roles, groups with their members, deny policies, access boundaries with their "
        "bindings, and entitlements, as gcloud prints them in JSON or YAML; members of groups also as CSV"
    )


class GoogleSshKeys(Source, GoogleLogin):
    """SSH keys in Google Cloud metadata and OS Login."""

    FEEDS = ("accounts", "credentials", "grants")

    kind: Literal["gcp-ssh-keys"]
    project: Text = Field(description="project id")


class GoogleAuditLogs(Source, GoogleLogin):
    """Google Cloud audit logs: live, or from files."""

    FEEDS = ("activity",)
    ONE_OF = ("project", "path")

    kind: Literal["gcp-audit-logs"]
    project: Text | None = optional("project id")
    path: Text | None = optional("folder or file of exported log entries")
