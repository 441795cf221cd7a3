"""Every kind of source and the collector that reads it."""

from collections.abc import Mapping
from typing import Any

from auditor.config.sources import AnySource
from collectors.aws_cloudtrail import CloudTrail
from collectors.aws_ec2_keys import Ec2KeysCollector
from collectors.aws_iam import AwsIamCollector
from collectors.aws_identity_center import IdentityCenterCollector
from collectors.base import Collector, Context
from collectors.gcp_audit_logs import GcpAuditLogsCollector
from collectors.gcp_iam import GcpIamCollector
from collectors.gcp_ssh_keys import GcpSshKeysCollector
from collectors.github_tickets import GithubTicketsCollector
from collectors.gitlab_access import GitlabAccessCollector
from collectors.gitlab_activity import GitlabActivityCollector
from collectors.gitlab_tickets import GitlabTicketsCollector
from collectors.jira_tickets import JiraTicketsCollector
from collectors.ssh_keys import SshKeysCollector
from collectors.ssh_logins import SshLoginsCollector
from collectors.tickets_file import TicketsFileCollector

COLLECTORS: Mapping[str, type[Any]] = {
    "aws-iam": AwsIamCollector,
    "aws-cloudtrail": CloudTrail,
    "ssh-keys": SshKeysCollector,
    "ssh-logins": SshLoginsCollector,
    "tickets-file": TicketsFileCollector,
    "aws-identity-center": IdentityCenterCollector,
    "aws-ec2-keys": Ec2KeysCollector,
    "gcp-iam": GcpIamCollector,
    "gcp-ssh-keys": GcpSshKeysCollector,
    "gcp-audit-logs": GcpAuditLogsCollector,
    "gitlab-access": GitlabAccessCollector,
    "gitlab-activity": GitlabActivityCollector,
    "gitlab-tickets": GitlabTicketsCollector,
    "jira-tickets": JiraTicketsCollector,
    "github-tickets": GithubTicketsCollector,
}


def collector_for(source: AnySource, context: Context) -> Collector:
    """The collector of a source of auditor.yaml."""
    collector: Collector = COLLECTORS[source.kind](source=source, context=context)
    return collector
