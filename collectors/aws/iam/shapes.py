"""The shapes of IAM's answers, as far as they are used; msgspec checks them and says what is wrong."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct, field

Moment = Annotated[datetime, Meta(tz=True)]


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


class Principal(Struct, frozen=True, kw_only=True):
    """What users, groups and roles have."""

    arn: str = field(name="Arn")
    created_at: Moment | None = field(name="CreateDate", default=None)
    attached: tuple[Attached, ...] = field(name="AttachedManagedPolicies", default=())
    boundary: Boundary | None = field(name="PermissionsBoundary", default=None)


class User(Principal, frozen=True, kw_only=True):
    """An IAM user."""

    name: str = field(name="UserName")
    unique_id: str | None = field(name="UserId", default=None)
    groups: tuple[str, ...] = field(name="GroupList", default=())
    inline: tuple[Inline, ...] = field(name="UserPolicyList", default=())
    tags: tuple[Tag, ...] = field(name="Tags", default=())


class Group(Principal, frozen=True, kw_only=True):
    """An IAM group; it has no boundary."""

    name: str = field(name="GroupName")
    inline: tuple[Inline, ...] = field(name="GroupPolicyList", default=())


class Role(Principal, frozen=True, kw_only=True):
    """An IAM role; `trust` says who may assume it."""

    name: str = field(name="RoleName")
    unique_id: str | None = field(name="RoleId", default=None)
    trust: Any = field(name="AssumeRolePolicyDocument")
    inline: tuple[Inline, ...] = field(name="RolePolicyList", default=())
    last_used: LastUsed = field(name="RoleLastUsed", default=LastUsed())
    tags: tuple[Tag, ...] = field(name="Tags", default=())


class Version(Struct, frozen=True, rename="pascal"):
    """A version of a managed policy."""

    document: Any
    is_default_version: bool
    version_id: str = ""


class Managed(Struct, frozen=True):
    """A managed policy."""

    arn: str = field(name="Arn")
    versions: tuple[Version, ...] = field(name="PolicyVersionList", default=())


class AccessKey(Struct, frozen=True, rename="pascal"):
    """An access key."""

    access_key_id: str
    status: str
    create_date: Moment | None = None


class AccessKeys(Struct, frozen=True):
    """A user's access keys, and when each was last used."""

    arn: str = field(name="Arn")
    keys: tuple[AccessKey, ...] = field(name="AccessKeyMetadata")
    used: dict[str, LastUsed] = field(name="AccessKeyLastUsed")


class SshPublicKey(Struct, frozen=True):
    """An SSH public key of a user, for CodeCommit."""

    id: str = field(name="SSHPublicKeyId")
    body: str = field(name="SSHPublicKeyBody")
    status: str = field(name="Status")
    uploaded_at: Moment | None = field(name="UploadDate", default=None)


class SshPublicKeys(Struct, frozen=True):
    """A user's SSH public keys."""

    arn: str = field(name="Arn")
    keys: tuple[SshPublicKey, ...] = field(name="SSHPublicKeys")


class MfaDevices(Struct, frozen=True):
    """A user's second factors."""

    arn: str = field(name="Arn")
    devices: tuple[Any, ...] = field(name="MFADevices")


class ServiceLastAccessed(Struct, frozen=True):
    """A service that a user's or role's policies allow, and when it was last called, if AWS knows of a call."""

    namespace: str = field(name="ServiceNamespace")
    last_used_at: Moment | None = field(name="LastAuthenticated", default=None)


class ServicesLastAccessed(Struct, frozen=True):
    """The services of one user or role, as a job of IAM's found them."""

    arn: str = field(name="Arn")
    status: str = field(name="JobStatus")
    completed: Moment | None = field(name="JobCompletionDate", default=None)
    services: tuple[ServiceLastAccessed, ...] = field(name="ServicesLastAccessed", default=())


SHAPES: dict[str, type[User | Group | Role | Managed]] = {
    "UserDetailList": User,
    "GroupDetailList": Group,
    "RoleDetailList": Role,
    "Policies": Managed,
}

ALWAYS: dict[str, tuple[str, ...]] = {
    "UserDetailList": ("GroupList", "AttachedManagedPolicies"),
    "GroupDetailList": ("AttachedManagedPolicies",),
    "RoleDetailList": ("AttachedManagedPolicies",),
}
"""The lists that IAM writes even where they are empty: an entry without one was cut."""
