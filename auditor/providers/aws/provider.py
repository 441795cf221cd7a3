"""AWS as the auditor asks it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from msgspec.structs import replace

from auditor.activity.limits import LogTraits
from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.findings import NOT_READ, CoverageLine
from auditor.model.tables import Account, Credential, Row
from auditor.model.through import Through, ThroughKind
from auditor.model.vocabulary import Capability, CoverageStatus
from auditor.providers.aws.accounts import (
    IDENTITY_CENTER,
    OF_IDENTITY_CENTER,
    account_name,
    in_full,
    issuer,
    machine_roles,
    names_caller,
    session,
    with_name,
    workload,
)
from auditor.providers.aws.actions import expand
from auditor.providers.aws.capabilities import capabilities
from auditor.providers.aws.endpoints import names_at
from auditor.providers.aws.fit import fitted_policy
from auditor.providers.aws.grant_events import aws_grants
from auditor.providers.aws.permitted import aws_permitted
from auditor.providers.aws.policies_before import stood
from auditor.providers.aws.replay import aws_changes
from auditor.providers.aws.rights import aws_access
from auditor.providers.aws.settings import setting
from auditor.providers.aws.tags import with_tagged
from auditor.providers.aws.trails.check import trail_files
from auditor.providers.aws.trails.narrowing import names_cloudtrail, narrows
from auditor.providers.aws.trails.recorded import unrecorded
from auditor.providers.aws.trails.stores import LOG_NAMES, log_stores
from auditor.providers.aws.unseen import aws_unseen
from auditor.providers.aws.ways_in import aws_become
from auditor.providers.aws.without import aws_rewritten, aws_without
from auditor.providers.base import StatedProvider

_NO_GUARDRAILS = f"{NOT_READ}rights are told as if the organisation took none away (aws-organizations reads them)"
_NO_RESOURCE_POLICIES = (
    f"{NOT_READ}access that a bucket, key, queue or function gives by a policy of its own is not told "
    "(aws-resource-policies reads them)"
)
_OF_CENTER = ("sso:", "identitystore:", "sso-directory:")
_ACCOUNT = re.compile(r"[0-9]{12}")


_HOST = ".amazonaws.com"
_AGENTS = {"aws-mcp.amazonaws.com": "AWS MCP server"}
_SERVICES = {"cloudformation": "CloudFormation", "servicecatalog": "Service Catalog", "amplify": "Amplify"}


def _service(host: str) -> str:
    """A service as people call it, by the host name under which it calls."""
    name = host.removesuffix(_HOST)
    return _SERVICES.get(name, name)


_EVENT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


class Aws(StatedProvider):
    """AWS."""

    TITLE = "AWS"
    LOG = LogTraits(
        own_services=("AWSService",),
        own_programs=(r"aws-internal/|exec-env/CloudShell|S3Console/|\.amazonaws\.com$",),
        temporary=("ASIA",),
        # Any resource that is no role: an instance, a task, a database behind a forwarded port.
        machines=(r"^arn:[^:]*:(?:[^is:]|i[^a:]|ia[^m:]|iam[^:]|s[^t:]|st[^s:]|sts[^:])",),
        log_names=(LOG_NAMES,),
        object_reads=("s3:GetObject", "s3:SelectObjectContent"),
        secrets_listed=(("^ssm:GetParametersByPath ", 10), ("^secretsmanager:BatchGetSecretValue $", 20)),
        batch_reads=("secretsmanager:BatchGetSecretValue",),
        session_requests=(
            *("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"),
            "sts:AssumeRoot",
        ),
        console_sign_ins=("signin:ConsoleLogin",),
    )
    HOLDS_MANY = True
    REPLAYED = ("aws-iam", "aws-identity-center")
    LOG_KIND = "aws-cloudtrail"
    LONGEST_SESSION = timedelta(hours=36)
    VOUCHES_BY = "source identity"
    HISTORY: ClassVar[Mapping[str, str]] = {
        "ssm:PutParameter": "the parameter's history (`aws ssm get-parameter-history`)",
        "secretsmanager:PutSecretValue": "the secret's version AWSPREVIOUS",
        "secretsmanager:UpdateSecret": "the secret's version AWSPREVIOUS",
    }
    SEALED_WITHOUT_CREDENTIAL = True
    NOT_READ = (
        "access that a principal of another audited account has through a resource's policy",
        "RoleBindings of Kubernetes: what groups other than `system:masters` may do in a cluster could not be judged",
        "users of databases",
        "profiles of Roles Anywhere",
        "who is assigned an application of Identity Center: it gives no right of IAM, but what the application gives",
        "whose password whoever administers Identity Center's own directory may reset",
    )

    account_name = staticmethod(account_name)
    session = staticmethod(session)
    with_every_name = staticmethod(with_tagged)
    workload = staticmethod(workload)
    issuer = staticmethod(issuer)
    with_name = staticmethod(with_name)
    in_full = staticmethod(in_full)
    names_caller = staticmethod(names_caller)
    service_roles = staticmethod(machine_roles)
    rights = staticmethod(aws_access)
    rights_on = staticmethod(aws_access)
    permitted = staticmethod(aws_permitted)
    fitted = staticmethod(fitted_policy)
    without = staticmethod(aws_without)
    unseen = staticmethod(aws_unseen)
    rewritten = staticmethod(aws_rewritten)
    become = staticmethod(aws_become)
    grant_events = staticmethod(aws_grants)
    changes = staticmethod(aws_changes)
    log_stores = staticmethod(log_stores)
    narrows_trail = staticmethod(narrows)
    unrecorded = staticmethod(unrecorded)
    names_at = staticmethod(names_at)
    setting = staticmethod(setting)
    stood = staticmethod(stood)
    log_files = staticmethod(trail_files)

    def places_to_log(self, accounts: Iterable[Account], credentials: Iterable[Credential]) -> Mapping[str, Row]:
        """AWS accounts only: what happens in Identity Center stands in the trail of the account that it is in."""
        found = super().places_to_log(accounts, credentials)
        return {scope: row for scope, row in found.items() if _ACCOUNT.fullmatch(scope)}

    def everybody_of(self, scope: str) -> str | None:
        """Whatever ARN names the account."""
        return f"arn:aws*:*::{scope}:*" if _ACCOUNT.fullmatch(scope) else None

    def scopes_read(self, rows: Snapshots) -> set[str]:
        """Accounts whose IAM was read: what Identity Center assigns in one is not all that can be held there."""
        return {row.scope for row in rows.accounts if row.provider == self.name}

    def bears_on_trail(self, event: JudgedEvent) -> bool:
        """Also the policy of a bucket or key that speaks of CloudTrail."""
        return super().bears_on_trail(event) or names_cloudtrail(event)

    def asked(self, record: Mapping[str, Any]) -> Any:
        """The parameters of the call."""
        return record.get("requestParameters")

    def console(self, scope: str, resource: str | None, event_id: str | None, base: str | None) -> str | None:
        """The event in CloudTrail's console, in the region of what it was done to; that of IAM is us-east-1."""
        if not _EVENT.fullmatch(event_id or ""):
            return None
        _, partition, _, region, *_ = (*(resource or "").split(":"), "", "", "", "", "")
        region = region if _REGION.fullmatch(region) else "us-east-1"
        if partition not in ("", "aws"):
            return None  # other partitions have consoles of their own
        return f"https://{region}.console.aws.amazon.com/cloudtrailv2/home?region={region}#/events/{event_id}"

    def answered(self, record: Mapping[str, Any]) -> Any:
        """What the call was answered."""
        return record.get("responseElements")

    def through(self, invoked_by: str | None) -> Through | None:
        """AWS's own MCP server is a service by its name, and acts for agents."""
        if invoked_by in _AGENTS:
            return Through(ThroughKind.AGENT, _AGENTS[invoked_by], invoked_by)
        found = Through.read(invoked_by)
        return replace(found, name=_service(found.name)) if found and found.kind is ThroughKind.SERVICE else found

    def capabilities(self, action: str) -> frozenset[Capability]:
        """As policies that allow the action give them."""
        return capabilities(expand(action))

    def read_at(self, rows: Snapshots) -> Mapping[str, datetime]:
        """By account; Identity Center's directories and assignments are one scope."""
        found: dict[str, datetime] = {}
        held = [(IDENTITY_CENTER, row.principal, row.collected_at) for row in rows.grants if row.provider == self.name]
        named = [(row.scope, row.account, row.collected_at) for row in rows.accounts if row.provider == self.name]
        for scope, name, time in (*named, *held):
            if name.startswith(OF_IDENTITY_CENTER):
                found[IDENTITY_CENTER] = min(time, found.get(IDENTITY_CENTER, time))
            elif scope != IDENTITY_CENTER:
                found[scope] = min(time, found.get(scope, time))
        return found

    def changed_in(self, event: JudgedEvent) -> str:
        """What Identity Center gives stands in the log of the account that it is in, and count in others."""
        return IDENTITY_CENTER if event.action.startswith(_OF_CENTER) else event.scope

    def unread(self, config: Config) -> Iterator[CoverageLine]:
        """Policies on resources, and the organisation's where nothing reads them."""
        kinds = {source.kind: source.name for source in reversed(config.sources)}
        said = {
            "service control policies": "" if "aws-organizations" in kinds else _NO_GUARDRAILS,
            "policies on resources": "" if "aws-resource-policies" in kinds else _NO_RESOURCE_POLICIES,
        }
        for scope, reason in said.items() if "aws-iam" in kinds else ():
            if reason:
                yield CoverageLine(source=kinds["aws-iam"], scope=scope, status=CoverageStatus.OK, reason=reason)

    def due_digests(self, config: Config, coverage: Iterable[CoverageLine]) -> frozenset[str]:
        """Accounts whose trail was read."""
        trails = {source.name for source in config.sources if source.kind == self.LOG_KIND}
        return frozenset(line.scope for line in coverage if line.source in trails and _ACCOUNT.fullmatch(line.scope))
