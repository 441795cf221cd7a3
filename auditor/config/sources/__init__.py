"""The kinds of source that auditor.yaml can name: live, or the same thing from a file."""

import re
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self, TypeVar

from pydantic import Field, model_validator

from auditor.config.base import AwsAccount, Duration, Model, Name, Text, TimeZone, Variable, WebAddress, matching

# An IPv6 address with a port stands in brackets, as OpenSSH writes it.
_HOST = r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*|\[[0-9A-Fa-f:.]+\]"
HostName = Annotated[
    str, *matching(rf"({_HOST})(:[0-9]{{1,5}})?", "a host's name or address, with :port where it is not 22")
]
HomeFolder = Annotated[
    str, *matching(r"(/[A-Za-z0-9_][A-Za-z0-9._-]*)+", "an absolute path of letters, digits, dots, - and _")
]

RIGHTS = ("accounts", "memberships", "policies", "grants", "credentials")

Within = Annotated[
    Duration | None, Field(description="leave out issues that did not change for longer; all are read if left out")
]


class Source(Model):
    """What every source has.

    `FEEDS` names the evidence tables that are not whole when it fails; `EITHER` two settings, one of which it needs:
    what to read live, and where it was recorded. One that is `NEVER_EMPTY` and tells of nothing was not read.
    """

    FEEDS: ClassVar[tuple[str, ...]] = ()
    EITHER: ClassVar[tuple[str, str] | None] = None
    NEVER_EMPTY: ClassVar[bool] = False

    name: Name = Field(description="its name in evidence and reports")
    kind: str
    timezone: TimeZone | None = Field(default=None, description="IANA zone of its times that name none")
    timeout: Duration = Field(default=timedelta(minutes=30), description="longest that reading it may take")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.EITHER and len({bool(getattr(self, name)) for name in self.EITHER}) == 1:
            raise ValueError(f"expected either {' or '.join(self.EITHER)}, one of the two")
        return self


class AwsLogin(Model):
    """How to reach AWS; the default credential chain when nothing is named."""

    profile: Text | None = Field(default=None, description="profile of ~/.aws/config")
    role_arn: Text | None = Field(default=None, description="role to assume with it")
    region: Text | None = Field(default=None, description="region to ask")
    endpoint_url: WebAddress | None = Field(default=None, description="another endpoint, for tests and the demo")


class AwsIam(Source, AwsLogin):
    """IAM of an AWS account or a whole organisation: live, or from authorization details and what goes with them."""

    FEEDS = (*RIGHTS, "service_uses")
    NEVER_EMPTY = True

    kind: Literal["aws-iam"]
    account: AwsAccount | None = Field(default=None, description="AWS account, twelve digits, in quotes")
    organisation: bool = Field(default=False, description="find the accounts of the organisation, and read each")
    member_role: Text = Field(
        default="production-access-auditor", description="role to assume in each account of the organisation"
    )
    file: Text | None = Field(default=None, description="get-account-authorization-details, JSON; live if left out")
    credential_report: Text | None = Field(default=None, description="credential report, CSV, beside `file`")
    services_last_accessed: Text | None = Field(
        default=None,
        description="get-service-last-accessed-details of each user and role, JSON, each with its `Arn`, beside `file`",
    )

    @model_validator(mode="after")
    def _one_account(self) -> "AwsIam":
        if bool(self.account) == self.organisation:
            raise ValueError("expected either account or organisation, one of the two")
        if self.organisation and self.file:
            raise ValueError("expected a file beside account only; an organisation is read live")
        return self

    @model_validator(mode="after")
    def _beside_file(self) -> "AwsIam":
        for name in ("credential_report", "services_last_accessed"):
            if getattr(self, name) and not self.file:
                raise ValueError(f"expected a file beside {name}; live, it is asked for")
        return self


class AwsCloudTrail(Source, AwsLogin):
    """CloudTrail: files in an S3 bucket or a local folder, or its own event history of management events."""

    FEEDS = ("activity", "digests", "trails")

    kind: Literal["aws-cloudtrail"]
    bucket: Text | None = Field(default=None, description="S3 bucket that the trail writes to")
    prefix: str = Field(default="", description="start of the object keys")
    path: Text | None = Field(default=None, description="folder or file")
    lookup: bool = Field(default=False, description="ask for the event history of the last 90 days, without a bucket")
    regions: tuple[Text, ...] = Field(
        default=(), description="regions whose event history is read; `region` and us-east-1 if left out"
    )
    trails: Text | None = Field(
        default=None, description="what CloudTrail said of the trails themselves, JSON lines, beside `path`"
    )

    @model_validator(mode="after")
    def _one_of_three(self) -> "AwsCloudTrail":
        if [bool(self.bucket), bool(self.path), self.lookup].count(True) != 1:
            raise ValueError("expected either bucket, path or lookup, one of the three")
        if self.regions and not self.lookup:
            raise ValueError("expected regions only beside lookup; a bucket or folder is read whole")
        if self.trails and not self.path:
            raise ValueError("expected a path beside trails; live, the trails are asked for")
        return self


class TicketsFile(Source):
    """Tickets from a CSV or JSON lines file with the columns of the tickets table."""

    FEEDS = ("tickets",)

    kind: Literal["tickets-file"]
    path: Text = Field(description="file ending in .csv, .json or .jsonl")
    columns: Literal["jira", "linear", "gitlab", "github"] | dict[Text, Text] = Field(
        default={},
        description="the tracker that wrote the file, or what the table's columns are called in it, as in "
        "`{ticket: Key, person: Access for}`",
    )


class _Hosts(Source):
    EITHER = ("hosts", "path")

    path: Text | None = None
    hosts: tuple[HostName, ...] = Field(
        default=(), description="hosts to read over SSH, with `:port` where it is not 22"
    )
    addresses: dict[HostName, HostName] = Field(
        default={}, description="where to connect to, for hosts that are not reached under their names"
    )
    user: Text = Field(default="auditor", description="login on those hosts")
    identity_file: Text = Field(default="~/.ssh/id_ed25519", description="private key to log in with")
    known_hosts: Text = Field(
        default="~/.ssh/known_hosts", description="the hosts' keys; one that is not in it is not trusted"
    )
    connect_timeout: Duration = Field(default=timedelta(seconds=10), description="longest wait for a login")
    command_timeout: Duration = Field(default=timedelta(minutes=2), description="longest wait for one answer")

    @model_validator(mode="after")
    def _each_once(self) -> "_Hosts":
        names = [host_and_port(host)[0] for host in self.hosts]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"expected each host once, but {twice} is there twice; tell them apart with addresses")
        stray = next((name for name in self.addresses if name not in names), None)
        if stray:
            raise ValueError(f"expected addresses of hosts only, but {stray} is not among them")
        return self


class SshKeys(_Hosts):
    """authorized_keys of hosts, and live over SSH also sshd's settings and sudo's rules."""

    FEEDS = ("accounts", "credentials", "grants")

    kind: Literal["ssh-keys"]
    path: Text | None = Field(default=None, description="folder of `<host>/<user>/authorized_keys`")
    homes: tuple[HomeFolder, ...] = Field(
        default=("/root", "/home", "/var/lib"),
        min_length=1,
        description="folders on the hosts that home directories lie in",
    )


class SshLogins(_Hosts):
    """sshd's log and sudo's: from files, or live over SSH from the journal, log files or wtmp."""

    FEEDS = ("activity",)

    kind: Literal["ssh-logins"]
    path: Text | None = Field(default=None, description="folder of `<host>.log`, syslog or journal JSON")


class AwsIdentityCenter(Source, AwsLogin):
    """Identity Center's users, groups, permission sets and assignments: live, or from a dump of the same answers."""

    FEEDS = ("accounts", "memberships", "grants", "policies")
    NEVER_EMPTY = True

    kind: Literal["aws-identity-center"]
    accounts: tuple[AwsAccount, ...] = Field(
        default=(), description="AWS accounts whose assignments are read; all of the organisation if left out"
    )
    file: Text | None = Field(
        default=None, description='answers as JSON lines: `{"call": …, "asked": …, "reply": …}`; live if left out'
    )


class AwsOrganizations(Source, AwsLogin):
    """An organisation's units, accounts and the policies over them: live, or from a dump of the same answers."""

    FEEDS = ("policies",)

    kind: Literal["aws-organizations"]
    file: Text | None = Field(
        default=None, description='answers as JSON lines: `{"call": …, "asked": …, "reply": …}`; live if left out'
    )


class AwsAccountSource(Source, AwsLogin):
    """A source of one AWS account, in several regions: live, or from a dump."""

    account: AwsAccount
    regions: tuple[Text, ...] = Field(default=(), description="regions to read; `region` if left out")
    file: Text | None = None


class AwsEc2Keys(AwsAccountSource):
    """EC2 key pairs and the instances started with them: live, or from a dump of the same answers."""

    FEEDS = ("credentials", "grants")

    kind: Literal["aws-ec2-keys"]
    file: Text | None = Field(
        default=None, description='answers as JSON lines: `{"call": …, "reply": …, "region": …}`; live if left out'
    )


class AwsResourcePolicies(AwsAccountSource):
    """The policies that an account's resources carry themselves: live, or from a dump of the same answers."""

    FEEDS = ("policies",)

    kind: Literal["aws-resource-policies"]
    file: Text | None = Field(
        default=None,
        description='answers as JSON lines: `{"call": …, "asked": …, "reply": …, "region": …}`; live if left out',
    )


class AwsResources(AwsAccountSource):
    """What has which tags, for the `tags` of systems: live, or from the answer of the tagging API."""

    FEEDS = ("policies",)

    kind: Literal["aws-resources"]
    file: Text | None = Field(
        default=None, description="answer of `aws resourcegroupstaggingapi get-resources`; live if left out"
    )


class GoogleLogin(Model):
    """How to reach Google Cloud; application default credentials when nothing is named."""

    credentials: Text | None = Field(default=None, description="credentials file, as gcloud writes or Google issues it")
    token_env: Variable | None = Field(
        default=None, description="name of the environment variable that holds an access token"
    )
    endpoint_url: WebAddress | None = Field(default=None, description="another endpoint, for tests and the demo")


class GoogleIam(Source, GoogleLogin):
    """Google Cloud IAM bindings: live, or from `gcloud asset search-all-iam-policies`."""

    FEEDS = RIGHTS
    NEVER_EMPTY = True
    EITHER = ("scope", "file")

    kind: Literal["gcp-iam"]
    scope: Text | None = Field(default=None, description="projects/…, folders/… or organizations/…")
    file: Text | None = Field(default=None, description="answer of search-all-iam-policies, JSON")


class GoogleSshKeys(Source, GoogleLogin):
    """SSH keys in Google Cloud metadata and OS Login."""

    FEEDS = ("accounts", "credentials", "grants")

    kind: Literal["gcp-ssh-keys"]
    project: Text = Field(description="project id")


class GoogleAuditLogs(Source, GoogleLogin):
    """Google Cloud audit logs: live, or from files."""

    FEEDS = ("activity",)
    EITHER = ("project", "path")

    kind: Literal["gcp-audit-logs"]
    project: Text | None = Field(default=None, description="project id")
    path: Text | None = Field(default=None, description="folder or file of exported log entries")


class GitlabLogin(Source):
    """How to reach GitLab, and which of its features are there to be read."""

    url: WebAddress = Field(description="address of the GitLab server")
    token_env: Variable = Field(description="name of the environment variable that holds the token")
    tier: Literal["free", "premium", "ultimate"] | None = Field(
        default=None, description="with `free`, what only paid tiers have is not asked for"
    )


class GitlabAccess(GitlabLogin):
    """GitLab membership, keys and tokens, protected branches and environments."""

    FEEDS = RIGHTS
    NEVER_EMPTY = True

    kind: Literal["gitlab-access"]
    groups: tuple[Text, ...] = Field(default=(), description="group paths; their projects are read too")
    projects: tuple[Text, ...] = Field(default=(), description="project paths")

    @model_validator(mode="after")
    def _something(self) -> "GitlabAccess":
        if not self.groups and not self.projects:
            raise ValueError("expected groups or projects, at least one of them")
        return self


class GitlabActivity(GitlabLogin):
    """GitLab's pipelines, deployments and audit events."""

    FEEDS = ("activity", "deployments", "pipelines")

    kind: Literal["gitlab-activity"]
    projects: tuple[Text, ...] = Field(min_length=1, description="project paths")
    groups: tuple[Text, ...] = Field(default=(), description="group paths, for their audit events")


class GitlabTickets(GitlabLogin):
    """GitLab issues and incidents as tickets."""

    FEEDS = ("tickets",)

    kind: Literal["gitlab-tickets"]
    projects: tuple[Text, ...] = Field(min_length=1, description="project paths")
    prefix: Text | None = Field(
        default=None, description="with `OPS`, issue 12 is ticket OPS-12; for one project; else it is `path#12`"
    )
    updated_within: Within = None

    @model_validator(mode="after")
    def _names_tickets(self) -> "GitlabTickets":
        return _prefix_of_one(self, self.projects)


TicketColumn = Literal["person", "systems", "level", "work", "reason", "starts_at", "ends_at", "extends", "kind"]


class JiraTickets(Source):
    """Jira issues as tickets."""

    FEEDS = ("tickets",)
    EITHER = ("projects", "jql")

    kind: Literal["jira-tickets"]
    url: WebAddress = Field(description="address of Jira")
    token_env: Variable = Field(description="name of the environment variable that holds the token")
    user_env: Variable | None = Field(
        default=None, description="name of the environment variable that holds the user's e-mail, for Jira Cloud"
    )
    projects: tuple[Text, ...] = Field(default=(), description="project keys")
    jql: Text | None = Field(default=None, description="a query that finds the tickets, instead of projects")
    fields: dict[TicketColumn, Text] = Field(
        default={}, description="ids of Jira's fields by column, as in `{person: customfield_10010}`"
    )
    approved_status: Text = Field(default="Approved", description="status that an approver gives")
    updated_within: Within = None


class GithubTickets(Source):
    """GitHub issues as tickets."""

    FEEDS = ("tickets",)

    kind: Literal["github-tickets"]
    url: WebAddress = Field(default="https://api.github.com", description="address of the API")
    token_env: Variable = Field(description="name of the environment variable that holds the token")
    repositories: tuple[Text, ...] = Field(min_length=1, description="repositories such as harbour/ops")
    prefix: Text | None = Field(
        default=None, description="with `OPS`, issue 12 is ticket OPS-12; for one repository; else it is `name#12`"
    )
    updated_within: Within = None

    @model_validator(mode="after")
    def _names_tickets(self) -> "GithubTickets":
        return _prefix_of_one(self, self.repositories)


AnySource = Annotated[
    AwsIam
    | AwsCloudTrail
    | TicketsFile
    | SshKeys
    | SshLogins
    | AwsIdentityCenter
    | AwsOrganizations
    | AwsEc2Keys
    | AwsResourcePolicies
    | AwsResources
    | GoogleIam
    | GoogleSshKeys
    | GoogleAuditLogs
    | GitlabAccess
    | GitlabActivity
    | GitlabTickets
    | JiraTickets
    | GithubTickets,
    Field(discriminator="kind"),
]


def host_and_port(written: str) -> tuple[str, int | None]:
    """A host as auditor.yaml writes it: its name or address without brackets, and its port where it has one."""
    bracketed, _, rest = written[1:].partition("]") if written.startswith("[") else ("", "", "")
    if bracketed:
        return bracketed, int(rest[1:]) if rest else None
    name, colon, port = written.rpartition(":")
    return (name, int(port)) if colon and ":" not in name else (written, None)


_S = TypeVar("_S", bound=Source)


def _prefix_of_one(source: _S, places: tuple[str, ...]) -> _S:
    prefix = getattr(source, "prefix", None)
    if prefix and not re.fullmatch(r"[A-Z][A-Z0-9]*", prefix):
        raise ValueError("expected prefix to be capital letters and digits, beginning with a letter, such as OPS")
    if prefix and len(places) > 1:
        raise ValueError("expected no more than one place beside prefix: two issues would have one name")
    return source
