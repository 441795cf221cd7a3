"""The kinds of source that auditor.yaml can name: live, or the same thing from a file."""

from typing import Annotated, Any, get_args

from pydantic import Field, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_plain_validator_function as checked_by
from pydantic_core.core_schema import tagged_union_schema

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


class _OnlyNamed:
    """Has only those kinds built that a configuration names: there are many, and each takes a millisecond."""

    def __get_pydantic_core_schema__(self, _union: Any, _handler: Any) -> CoreSchema:
        kinds = {get_args(one.model_fields["kind"].annotation)[0]: one for one in get_args(_Source)}
        return tagged_union_schema({kind: checked_by(one.model_validate) for kind, one in kinds.items()}, "kind")

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        every: TypeAdapter[Any] = TypeAdapter(Annotated[_Source, Field(discriminator="kind")])
        return handler(every.core_schema)


_Source = (
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
    | VaultAudit
)
AnySource = Annotated[_Source, _OnlyNamed()]
