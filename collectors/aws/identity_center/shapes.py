"""The shapes of Identity Center's answers, as far as they are used; msgspec checks them and says what is wrong."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from collectors.aws.iam.shapes import Moment

Id = Annotated[str, Meta(min_length=1)]


class Instance(Struct, frozen=True, rename="pascal"):
    """An instance of Identity Center, by its directory."""

    identity_store_id: Id


class Member(Struct, frozen=True, rename="pascal"):
    """An account of the organisation."""

    id: Id


class Email(Struct, frozen=True, rename="pascal"):
    """An e-mail address of a user."""

    value: str = ""
    primary: bool = False


class User(Struct, frozen=True, rename="pascal"):
    """A user of the directory."""

    user_id: Id
    user_name: str | None = None
    display_name: str | None = None
    emails: tuple[Email, ...] = ()
    user_status: str | None = None
    created_at: Moment | None = None


class Group(Struct, frozen=True, rename="pascal"):
    """A group of the directory."""

    group_id: Id
    display_name: str | None = None
    created_at: Moment | None = None


class MemberId(Struct, frozen=True, rename="pascal"):
    """Who is a member."""

    user_id: Id


class GroupMembership(Struct, frozen=True, rename="pascal"):
    """A user in a group."""

    group_id: Id
    member_id: MemberId
    membership_id: str | None = None
    created_at: Moment | None = None


class PermissionSet(Struct, frozen=True, rename="pascal"):
    """A role that Identity Center makes in the accounts to which it is assigned."""

    permission_set_arn: Id
    name: Id


class Managed(Struct, frozen=True, rename="pascal"):
    """A managed policy in a permission set."""

    arn: Id


class CustomerManaged(Struct, frozen=True, rename="pascal"):
    """A policy of each account, by its name there."""

    name: Id
    path: str = "/"


class Boundary(Struct, frozen=True, rename="pascal"):
    """A permission set's boundary: one of AWS's policies, or one of each account by its name there."""

    customer_managed_policy_reference: CustomerManaged | None = None
    managed_policy_arn: str | None = None


class Assignment(Struct, frozen=True, rename="pascal"):
    """A user or group that may use a permission set in an account."""

    account_id: Id
    permission_set_arn: Id
    principal_type: str
    principal_id: Id


class PolicyVersion(Struct, frozen=True, rename="pascal"):
    """The text of a managed policy."""

    document: Any
