"""Every kind of source and the collector that reads it."""

from collections.abc import Iterator, Mapping
from pkgutil import resolve_name
from typing import Any

from msgspec.structs import replace

from auditor.config.sources import AnySource
from collectors.base import Collector, Context


class _Collectors(Mapping[str, type[Any]]):
    """Collectors by kind of source; each is loaded when it is first asked for."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def __getitem__(self, kind: str) -> type[Any]:
        found: type[Any] = resolve_name(f"collectors.{self._places[kind]}")
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


COLLECTORS: Mapping[str, type[Any]] = _Collectors(
    {
        "aws-iam": "aws.iam.collector:AwsIamCollector",
        "aws-cloudtrail": "aws.cloudtrail.collector:CloudTrail",
        "ssh-keys": "ssh.keys:SshKeysCollector",
        "ssh-logins": "ssh.login_log:SshLoginsCollector",
        "tickets-file": "tickets.file:TicketsFileCollector",
        "aws-identity-center": "aws.identity_center.collector:IdentityCenterCollector",
        "aws-organizations": "aws.organizations:OrganizationsCollector",
        "aws-ec2-keys": "aws.ec2_keys:Ec2KeysCollector",
        "aws-resource-policies": "aws.resource_policies:ResourcePoliciesCollector",
        "aws-resources": "aws.resources:ResourcesCollector",
        "gcp-iam": "google.iam:GoogleIamCollector",
        "gcp-ssh-keys": "google.ssh_keys:GoogleSshKeysCollector",
        "gcp-audit-logs": "google.audit_logs:GoogleAuditLogsCollector",
        "gitlab-access": "gitlab.access:GitlabAccessCollector",
        "gitlab-activity": "gitlab.activity:GitlabActivityCollector",
        "gitlab-tickets": "gitlab.tickets:GitlabTicketsCollector",
        "jira-tickets": "jira.tickets:JiraTicketsCollector",
        "github-access": "github.access:GithubAccessCollector",
        "github-activity": "github.activity:GithubActivityCollector",
        "github-tickets": "github.tickets:GithubTicketsCollector",
        "team-requests": "brokers.team:TeamRequestsCollector",
        "google-pam": "brokers.pam:GooglePamCollector",
        "teleport-requests": "brokers.teleport:TeleportRequestsCollector",
        "postgres-access": "databases.postgres:PostgresAccessCollector",
        "postgres-logs": "databases.postgres_logs:PostgresLogsCollector",
        "mysql-access": "databases.mysql:MysqlAccessCollector",
        "on-call": "duty.on_call:OnCallCollector",
        "prometheus": "signals.curves:PrometheusCollector",
        "loki": "signals.curves:LokiCollector",
        "grafana": "signals.grafana:GrafanaCollector",
        "sentry": "signals.sentry:SentryCollector",
        "vpn-groups": "vpn.groups:VpnGroupsCollector",
        "slack-approvals": "slack.approvals:SlackApprovalsCollector",
        "vault-events": "vault.events:VaultEventsCollector",
        "vault-audit": "vault.audit:VaultAuditCollector",
    }
)


def family_of(kind: str) -> str:
    """What a kind of source belongs to: its name up to the hyphen, or all of it where that alone says nothing."""
    return kind if kind == "on-call" else kind.partition("-")[0]


RIGHTS: Mapping[str, str] = {
    "aws": "aws.permissions:rights",
    "gcp": "google.permissions:rights",
    "google": "google.permissions:broker_rights",
    "ssh": "ssh.permissions:rights",
    "team": "aws.permissions:broker_rights",
    "postgres": "databases.permissions:postgres",
    "mysql": "databases.permissions:mysql",
}
"""What makes a policy, a role or the like of what a family's collectors declare, by what their kinds begin with."""

GRANTED: Mapping[str, str] = {
    "aws": "aws.granted:lacking",
    "gcp": "google.granted:lacking",
    "gitlab": "gitlab.granted:lacking",
    "google": "google.granted:lacking",
    "team": "aws.granted:lacking",
}
"""What asks a family's provider which of the rights that a source needs its login has not."""

LIVE: Mapping[str, tuple[str, str, bool]] = {
    "aws": ("aws.live:sources", "Profiles of ~/.aws/config", True),
    "gcp": ("google.live:sources", "Google Cloud projects", True),
    "gitlab": ("gitlab.live:sources", "GitLab groups by address, such as https://gitlab.com/harbour", True),
    "github": (
        "github.live:sources",
        "GitHub organisations such as harbour, and repositories whose issues are tickets, such as harbour/ops",
        True,
    ),
    "ssh": ("ssh.live:sources", "Hosts", False),
    "postgres": (
        "databases.live:postgres",
        "PostgreSQL servers by host, the password in PGPASSWORD or ~/.pgpass",
        True,
    ),
    "mysql": ("databases.live:mysql", "MySQL or MariaDB servers by host, the password in MYSQL_PWD", True),
}
"""What makes sources of the little that somebody gives of a family, what is asked of it at a terminal, and whether each
word has sources of its own."""

FILES: tuple[str, ...] = (
    "aws.recognise:recognised",
    "aws",
    "google",
    "gitlab.recognise:recognised",
    "github",
    "databases.recognise:recognised",
    "ssh.recognise:recognised",
    "brokers",
    "signals.recognise:recognised",
    "vpn.recognise:recognised",
    "slack",
    "vault",
    "tickets.recognise:recognised",
)
"""What recognises a family's files, in the order in which they are asked: columns alone make a file of tickets.

A room by its name has a table of marks, recognise.yaml.
"""


def collector_for(source: AnySource, context: Context) -> Collector:
    """The collector of a source of auditor.yaml; a zone of the source's own goes before the organisation's."""
    context = replace(context, zone=source.timezone or context.zone)
    collector: Collector = COLLECTORS[source.kind](source=source, context=context)
    return collector
