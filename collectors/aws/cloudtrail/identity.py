"""Who a CloudTrail record says has acted: the account behind the session, and what tells its sessions apart."""

import re
from typing import NamedTuple

import msgspec

from collectors.aws.cloudtrail.shapes import HIDDEN, Context, Identity, Named

# What runs code of its own with credentials that AWS hands it, as `inScopeOf` has it.
_MACHINE = re.compile(r"AWS::(?P<service>Lambda|ECS|EC2|EKS|Batch)::(?P<thing>\w+)")
_SERVICE_HOST = ".amazonaws.com"


class Caller(NamedTuple):
    """The columns of Activity that `userIdentity` decides; None where it does not say."""

    account: str | None = None
    actor: str | None = None
    actor_kind: str | None = None
    session: str | None = None
    credential: str | None = None
    on_behalf_of: str | None = None
    invoked_by: str | None = None
    scope: str | None = None


_NOBODY, _NO_CONTEXT = Named(), Context()


def caller(identity: Identity) -> Caller:
    """The caller that a record's `userIdentity` names."""
    # Of its own events, a service may give no kind and no name.
    nameless = identity.arn is msgspec.UNSET and identity.principal_id is msgspec.UNSET
    kind = identity.type or ("AWSService" if identity.invoked_by and nameless else None)
    context = identity.session_context or _NO_CONTEXT
    arn, key = identity.arn or None, identity.access_key_id or None
    user = (identity.on_behalf_of or _NOBODY).user_id
    behind = f"identity-center:{user}" if user else None
    return Caller(
        _account(kind, identity, context, arn, behind),
        arn or identity.principal_id or behind,
        kind,
        _session(kind, arn, key, context),
        key,
        _person_behind(kind, identity, context, behind),
        _through(identity) if identity.invoked_by_delegate else identity.invoked_by or None,
        identity.account_id or _owner(arn),
    )


def _owner(arn: str | None) -> str | None:
    """The AWS account that an ARN stands in: all that tells it where a query's result has no column for it."""
    return (arn.split(":", 5)[4:5] or [""])[0] or None if arn else None


def _through(identity: Identity) -> str | None:
    """The vendor whom AWS lets act in a person's session, or the service that made the call."""
    vendor = identity.invoked_by_delegate
    name = vendor.account_id if isinstance(vendor, Named) else vendor
    return f"vendor:AWS account {name}" if name else identity.invoked_by or None


def service_caller(found: Caller, source_ip: str | None, user_agent: str | None) -> Caller:
    """An AWS service that its identity does not name, by the host name that it came from.

    The identity of a service's own event may be the AWS account alone.
    """
    names = (name for name in (source_ip, user_agent) if name and name.endswith(_SERVICE_HOST))
    service = found.invoked_by or next(names, None)
    if service is None:
        return found
    actor = found.actor or service
    return found._replace(account=service, actor=actor, actor_kind="AWSService", invoked_by=service)


def _account(kind: str | None, identity: Identity, context: Context, arn: str | None, behind: str | None) -> str | None:
    """The lasting account: a user, a role (not its session), root, a service."""
    owner, name = identity.account_id, identity.user_name or None
    account = arn
    match kind:
        case "AssumedRole" | "FederatedUser":
            account = (context.session_issuer or _NOBODY).arn or (_role_of(arn) if arn else None)
        case "AWSService":
            account = identity.invoked_by or None
        case "IdentityCenterUser":
            account = behind
        case "WebIdentityUser" | "SAMLUser":
            account = identity.principal_id or name
        case "AWSAccount" if owner:
            account = arn or f"aws-account:{owner}"
        case "Root" if owner:
            account = arn or f"arn:aws:iam::{owner}:root"
        case "IAMUser" if owner and name and name != HIDDEN:
            account = arn or f"arn:aws:iam::{owner}:user/{name}"
    return account


def _role_of(session_arn: str) -> str | None:
    """The role of `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`; a path, if it has one, is not in there."""
    parts = session_arn.split(":", 5)
    steps = parts[-1].split("/")
    arn_parts = 6
    if len(parts) != arn_parts or steps[0] != "assumed-role" or len(steps) == 1:
        return session_arn
    return f"arn:{parts[1]}:iam::{parts[4]}:role/{steps[1]}"


def _session(kind: str | None, arn: str | None, key: str | None, context: Context) -> str | None:
    """Two sessions of one name differ in when they were created; a console uses many keys in one session.

    Root has one only where the organisation's managing account opened it (`sts:AssumeRoot`).
    """
    opened = kind in ("AssumedRole", "FederatedUser") or (kind == "Root" and context.assumed_root in ("true", True))
    if not opened or arn is None:
        return None
    mark = (context.attributes or _NOBODY).creation_date or key
    return f"{arn}#{mark}" if mark else arn


def _person_behind(kind: str | None, identity: Identity, context: Context, behind: str | None) -> str | None:
    """Whom AWS names: a source identity, an Identity Center user, a federated user; else an issuer or a machine."""
    if context.source_identity or behind:
        return context.source_identity or behind
    if kind in ("WebIdentityUser", "SAMLUser"):
        return identity.user_name if identity.user_name and identity.user_name != HIDDEN else None
    issuer = (context.web_id_federation_data or _NOBODY).federated_provider
    machine = _MACHINE.fullmatch((identity.in_scope_of or _NOBODY).issuer_type or "")
    own = "instance:ec2" if context.ec2_role_delivery else None
    return issuer or (f"{machine['thing']}:{machine['service']}".lower() if machine else own)
