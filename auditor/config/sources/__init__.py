"""The kinds of source that auditor.yaml can name: live, or the same thing from a file."""

from typing import Annotated

from pydantic import Field

from auditor.config.sources.aws import (
    AwsCloudTrail,
    AwsEc2Keys,
    AwsIam,
    AwsIdentityCenter,
    AwsOrganizations,
    AwsResourcePolicies,
    AwsResources,
)
from auditor.config.sources.brokers import GooglePam, TeamRequests, TeleportRequests
from auditor.config.sources.databases import MysqlAccess, PostgresAccess, PostgresLogs
from auditor.config.sources.duty import OnCall
from auditor.config.sources.github import GithubAccess, GithubActivity, GithubTickets
from auditor.config.sources.gitlab import GitlabAccess, GitlabActivity, GitlabTickets
from auditor.config.sources.google import GoogleAuditLogs, GoogleIam, GoogleSshKeys
from auditor.config.sources.signals import Grafana, Loki, Prometheus, Sentry
from auditor.config.sources.slack import SlackApprovals
from auditor.config.sources.ssh import SshKeys, SshLogins
from auditor.config.sources.tickets import JiraTickets, TicketsFile
from auditor.config.sources.vault import VaultAudit, VaultEvents
from auditor.config.sources.vpn import VpnGroups

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
    | TeamRequests
    | GooglePam
    | TeleportRequests
    | OnCall
    | GithubAccess
    | GithubActivity
    | GithubTickets
    | PostgresAccess
    | PostgresLogs
    | MysqlAccess
    | Prometheus
    | Loki
    | Grafana
    | Sentry
    | VpnGroups
    | SlackApprovals
    | VaultEvents
    | VaultAudit,
    Field(discriminator="kind"),
]
