"""The shapes of IAM's answers, as far as they are used; msgspec checks them and says what is wrong."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

Moment = Annotated[datetime, Meta(tz=True)]

_PRINCIPAL = {"arn": "Arn", "created_at": "CreateDate", "attached": "AttachedManagedPolicies"}


class Inline(Struct, frozen=True, rename="pascal"):
    """An inline policy."""

    policy_name: str
    policy_document: Any


class Attached(Struct, frozen=True, rename="pascal"):
    """A managed policy on a principal."""

    policy_name: str
    policy_arn: str


class Boundary(Struct, frozen=True, rename="pascal"):
    """A permissions boundary."""

    permissions_boundary_arn: str


class Tag(Struct, frozen=True, rename="pascal"):
    """A tag."""

    key: str
    value: str


class LastUsed(Struct, frozen=True, rename="pascal"):
    """When something was last used; no date where AWS knows of no use."""

    last_used_date: Moment | None = None


class User(
    Struct,
    frozen=True,
    rename={
        **_PRINCIPAL,
        "name": "UserName",
        "groups": "GroupList",
        "inline": "UserPolicyList",
        "boundary": "PermissionsBoundary",
        "tags": "Tags",
    },
):
    """An IAM user."""

    arn: str
    name: str
    created_at: Moment | None = None
    groups: tuple[str, ...] = ()
    inline: tuple[Inline, ...] = ()
    attached: tuple[Attached, ...] = ()
    boundary: Boundary | None = None
    tags: tuple[Tag, ...] = ()


class Group(Struct, frozen=True, rename={**_PRINCIPAL, "name": "GroupName", "inline": "GroupPolicyList"}):
    """An IAM group."""

    arn: str
    name: str
    created_at: Moment | None = None
    inline: tuple[Inline, ...] = ()
    attached: tuple[Attached, ...] = ()


class Role(
    Struct,
    frozen=True,
    rename={
        **_PRINCIPAL,
        "name": "RoleName",
        "trust": "AssumeRolePolicyDocument",
        "inline": "RolePolicyList",
        "boundary": "PermissionsBoundary",
        "last_used": "RoleLastUsed",
    },
):
    """An IAM role; `trust` says who may assume it."""

    arn: str
    name: str
    trust: Any
    created_at: Moment | None = None
    inline: tuple[Inline, ...] = ()
    attached: tuple[Attached, ...] = ()
    boundary: Boundary | None = None
    last_used: LastUsed = LastUsed()


Principal = User | Group | Role


class Version(Struct, frozen=True, rename="pascal"):
    """A version of a managed policy."""

    document: Any
    is_default_version: bool


class Managed(Struct, frozen=True, rename={"arn": "Arn", "versions": "PolicyVersionList"}):
    """A managed policy."""

    arn: str
    versions: tuple[Version, ...] = ()


class KeyMetadata(Struct, frozen=True, rename="pascal"):
    """An access key."""

    access_key_id: str
    status: str
    create_date: Moment | None = None


class AccessKeys(Struct, frozen=True, rename={"arn": "Arn", "keys": "AccessKeyMetadata", "used": "AccessKeyLastUsed"}):
    """A user's access keys, and when each was last used."""

    arn: str
    keys: tuple[KeyMetadata, ...]
    used: dict[str, LastUsed]


class SshPublicKey(
    Struct,
    frozen=True,
    rename={"id": "SSHPublicKeyId", "body": "SSHPublicKeyBody", "status": "Status", "uploaded_at": "UploadDate"},
):
    """An SSH public key of a user, for CodeCommit."""

    id: str
    body: str
    status: str
    uploaded_at: Moment | None = None


class SshPublicKeys(Struct, frozen=True, rename={"arn": "Arn", "keys": "SSHPublicKeys"}):
    """A user's SSH public keys."""

    arn: str
    keys: tuple[SshPublicKey, ...]


class MfaDevices(Struct, frozen=True, rename={"arn": "Arn", "devices": "MFADevices"}):
    """A user's second factors."""

    arn: str
    devices: tuple[Any, ...]


class ServiceLastAccessed(
    Struct, frozen=True, rename={"namespace": "ServiceNamespace", "last_used_at": "LastAuthenticated"}
):
    """A service that a user's or role's policies allow, and when it was last called, if AWS knows of a call."""

    namespace: str
    last_used_at: Moment | None = None


class ServicesLastAccessed(
    Struct,
    frozen=True,
    rename={
        "arn": "Arn",
        "status": "JobStatus",
        "completed": "JobCompletionDate",
        "services": "ServicesLastAccessed",
    },
):
    """The services of one user or role, as a job of IAM's found them."""

    arn: str
    status: str
    completed: Moment | None = None
    services: tuple[ServiceLastAccessed, ...] = ()


SHAPES: dict[str, type[User | Group | Role | Managed]] = {
    "UserDetailList": User,
    "GroupDetailList": Group,
    "RoleDetailList": Role,
    "Policies": Managed,
}
