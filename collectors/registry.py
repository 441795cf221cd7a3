"""Every kind of source and the collector that reads it."""

from collections.abc import Iterator, Mapping
from pkgutil import resolve_name
from typing import Any

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
        "aws-iam": "aws_iam:AwsIamCollector",
        "aws-cloudtrail": "aws_cloudtrail:CloudTrail",
        "ssh-keys": "ssh_keys:SshKeysCollector",
        "ssh-logins": "ssh_logins:SshLoginsCollector",
        "tickets-file": "tickets_file:TicketsFileCollector",
        "aws-identity-center": "aws_identity_center:IdentityCenterCollector",
        "aws-ec2-keys": "aws_ec2_keys:Ec2KeysCollector",
        "gcp-iam": "gcp_iam:GcpIamCollector",
        "gcp-ssh-keys": "gcp_ssh_keys:GcpSshKeysCollector",
        "gcp-audit-logs": "gcp_audit_logs:GcpAuditLogsCollector",
        "gitlab-access": "gitlab_access:GitlabAccessCollector",
        "gitlab-activity": "gitlab_activity:GitlabActivityCollector",
        "gitlab-tickets": "gitlab_tickets:GitlabTicketsCollector",
        "jira-tickets": "jira_tickets:JiraTicketsCollector",
        "github-tickets": "github_tickets:GithubTicketsCollector",
    }
)


def collector_for(source: AnySource, context: Context) -> Collector:
    """The collector of a source of auditor.yaml."""
    collector: Collector = COLLECTORS[source.kind](source=source, context=context)
    return collector
