"""Who a CloudTrail record says has acted: the account behind the session, and what tells its sessions apart."""

from typing import Any, NamedTuple

from auditor.model.details import as_object
from collectors.aws.cloudtrail.shapes import HIDDEN, text

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


def caller(user_identity: Any) -> Caller:
    """The caller in a record's `userIdentity`, whatever its shape."""
    identity = as_object(user_identity)
    # Of its own events, a service may give no kind and no name.
    unnamed = "AWSService" if identity.get("invokedBy") and not identity.keys() & {"arn", "principalId"} else None
    kind = text(identity.get("type")) or unnamed
    context = as_object(identity.get("sessionContext"))
    arn = text(identity.get("arn"))
    key = text(identity.get("accessKeyId"))
    behind = _identity_center(identity)
    return Caller(
        account=_account(kind, identity, context, arn, behind),
        actor=arn or text(identity.get("principalId")) or behind,
        actor_kind=kind,
        session=_session(kind, arn, key, context),
        credential=key,
        on_behalf_of=_person_behind(kind, identity, context, behind),
        invoked_by=_through(identity),
        scope=text(identity.get("accountId")),
    )


def _through(identity: dict[str, Any]) -> str | None:
    """The vendor whom AWS lets act in a person's session, or the service that made the call."""
    vendor = as_object(identity.get("invokedByDelegate"))
    name = text(vendor.get("accountId")) or text(identity.get("invokedByDelegate"))
    return f"vendor:AWS account {name}" if name else text(identity.get("invokedBy"))


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


def _account(
    kind: str | None, identity: dict[str, Any], context: dict[str, Any], arn: str | None, behind: str | None
) -> str | None:
    """The lasting account: a user, a role (not its session), root, a service."""
    owner = text(identity.get("accountId"))
    name = text(identity.get("userName"))
    account = arn
    match kind:
        case "AssumedRole" | "FederatedUser":
            account = text(as_object(context.get("sessionIssuer")).get("arn")) or (_role_of(arn) if arn else None)
        case "AWSService":
            account = text(identity.get("invokedBy"))
        case "IdentityCenterUser":
            account = behind
        case "WebIdentityUser" | "SAMLUser":
            account = text(identity.get("principalId")) or name
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


def _session(kind: str | None, arn: str | None, key: str | None, context: dict[str, Any]) -> str | None:
    """Two sessions of one name differ in when they were created; a console uses many keys in one session.

    Root has one only where the organisation's managing account opened it (`sts:AssumeRoot`).
    """
    opened = kind in ("AssumedRole", "FederatedUser") or (
        kind == "Root" and context.get("assumedRoot") in ("true", True)
    )
    if not opened or arn is None:
        return None
    mark = text(as_object(context.get("attributes")).get("creationDate")) or key
    return f"{arn}#{mark}" if mark else arn


def _identity_center(identity: dict[str, Any]) -> str | None:
    user = text(as_object(identity.get("onBehalfOf")).get("userId"))
    return f"identity-center:{user}" if user else None


def _person_behind(
    kind: str | None, identity: dict[str, Any], context: dict[str, Any], behind: str | None
) -> str | None:
    """Whom AWS names: a source identity, an Identity Center user, a federated user's name; else an issuer."""
    source_identity = text(context.get("sourceIdentity"))
    if source_identity or behind:
        return source_identity or behind
    name = text(identity.get("userName"))
    if kind in ("WebIdentityUser", "SAMLUser"):
        return name if name != HIDDEN else None
    issuer = text(as_object(context.get("webIdFederationData")).get("federatedProvider"))
    return issuer or ("instance:ec2" if context.get("ec2RoleDelivery") else None)
