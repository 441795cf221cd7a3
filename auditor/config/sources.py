"""The kinds of source that auditor.yaml can name: live, or the same thing from a file."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from auditor.config.base import AwsAccount, Model, Name


class Source(Model):
    """What every source has."""

    name: Name
    kind: str


class AwsLogin(Model):
    """How to reach AWS; the default credential chain when nothing is named."""

    profile: str | None = Field(default=None, description="profile of ~/.aws/config")
    role_arn: str | None = Field(default=None, description="role to assume with it")
    region: str | None = None
    endpoint_url: str | None = Field(default=None, description="another endpoint, for tests and the demo")


class AwsIam(Source, AwsLogin):
    """IAM of one AWS account: live, or from get-account-authorization-details and a credential report."""

    kind: Literal["aws-iam"]
    account: AwsAccount
    file: str | None = None
    credential_report: str | None = None


class AwsCloudTrail(Source, AwsLogin):
    """CloudTrail files: an S3 bucket, or a local folder or file."""

    kind: Literal["aws-cloudtrail"]
    bucket: str | None = None
    prefix: str = ""
    path: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "AwsCloudTrail":
        if (self.bucket is None) == (self.path is None):
            raise ValueError("name either a bucket or a path")
        return self


class TicketsFile(Source):
    """Tickets from a CSV or JSON lines file with the columns of the tickets table."""

    kind: Literal["tickets-file"]
    path: str


class SshKeys(Source):
    """authorized_keys of hosts: from `<path>/<host>/<user>/authorized_keys`, or live over SSH."""

    kind: Literal["ssh-keys"]
    path: str | None = None
    hosts: tuple[str, ...] = ()
    user: str | None = None


class SshLogins(Source):
    """sshd's log: from `<path>/<host>.log`, or live over SSH."""

    kind: Literal["ssh-logins"]
    path: str | None = None
    hosts: tuple[str, ...] = ()
    user: str | None = None


class AwsIdentityCenter(Source, AwsLogin):
    """Identity Center assignments."""

    kind: Literal["aws-identity-center"]


class GcpIam(Source):
    """Google Cloud IAM bindings."""

    kind: Literal["gcp-iam"]
    scope: str | None = None
    file: str | None = None


class GcpSshKeys(Source):
    """SSH keys in Google Cloud metadata and OS Login."""

    kind: Literal["gcp-ssh-keys"]
    project: str


class GcpAuditLogs(Source):
    """Google Cloud audit logs."""

    kind: Literal["gcp-audit-logs"]
    project: str | None = None
    path: str | None = None


class _Gitlab(Source):
    url: str
    token_env: str = Field(description="name of the environment variable that holds the token")


class GitlabAccess(_Gitlab):
    """GitLab membership and keys."""

    kind: Literal["gitlab-access"]
    groups: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()


class GitlabActivity(_Gitlab):
    """GitLab deployments and audit events."""

    kind: Literal["gitlab-activity"]
    projects: tuple[str, ...] = ()


class GitlabTickets(_Gitlab):
    """GitLab issues as tickets."""

    kind: Literal["gitlab-tickets"]
    projects: tuple[str, ...] = ()


AnySource = Annotated[
    AwsIam
    | AwsCloudTrail
    | TicketsFile
    | SshKeys
    | SshLogins
    | AwsIdentityCenter
    | GcpIam
    | GcpSshKeys
    | GcpAuditLogs
    | GitlabAccess
    | GitlabActivity
    | GitlabTickets,
    Field(discriminator="kind"),
]
