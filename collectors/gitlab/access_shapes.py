"""The shapes of GitLab's answers on access, as far as they are used; msgspec checks them and says what is wrong."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType, field

# When a key or token was last used: null says never, and servers too old to know leave it out.
LastUse = str | None | UnsetType


class Somebody(Struct, frozen=True):
    """Somebody, as answers name them in passing."""

    id: int
    username: str


class User(Struct, frozen=True, kw_only=True):
    """A user; most is told to administrators only."""

    id: int
    username: str
    name: str | None = None
    state: str = "active"
    email: str | None = None
    public_email: str | None = None
    bot: bool = False
    is_admin: bool = False
    created_at: str | None = None
    last_sign_in_at: str | None = None
    current_sign_in_at: str | None = None
    last_activity_on: str | None = None
    two_factor_enabled: bool | None = None


class Member(Struct, frozen=True, kw_only=True):
    """A member of a project or group. `created_at` is when they became one.

    `member_role` is a role that an organisation made of another one, with what it adds to it.
    """

    id: int
    username: str
    access_level: int
    name: str | None = None
    state: str = "active"
    email: str | None = None
    public_email: str | None = None
    created_at: str | None = None
    created_by: Somebody | None = None
    expires_at: str | None = None
    membership_state: str = "active"
    member_role: dict[str, Any] | None = None


class Share(Struct, frozen=True):
    """A group that a project or another group is shared with."""

    group_id: int
    group_access_level: int
    group_full_path: str = ""
    expires_at: str | None = None


class Project(Struct, frozen=True):
    """A project."""

    id: int
    path_with_namespace: str
    default_branch: str | None = None
    archived: bool = False
    shared_with_groups: tuple[Share, ...] = ()


class Group(Struct, frozen=True):
    """A group."""

    id: int
    name: str | None = None
    created_at: str | None = None
    shared_with_groups: tuple[Share, ...] = ()


class SshKey(Struct, frozen=True, kw_only=True):
    """A user's SSH key."""

    id: int
    key: str
    title: str = ""
    created_at: str | None = None
    expires_at: str | None = None
    last_used_at: LastUse = UNSET


class DeployKey(SshKey, frozen=True, kw_only=True):
    """A key of a project."""

    can_push: bool = False


class Token(Struct, frozen=True, kw_only=True):
    """A project's, group's or person's access token; its value is never told again."""

    id: int
    user_id: int
    name: str = ""
    scopes: tuple[str, ...] = ()
    active: bool = True
    revoked: bool = False
    created_at: str | None = None
    expires_at: str | None = None
    last_used_at: LastUse = UNSET


class DeployToken(Struct, frozen=True, kw_only=True):
    """A token that reads packages or the repository."""

    id: int
    username: str
    name: str = ""
    scopes: tuple[str, ...] = ()
    revoked: bool = False
    expired: bool = False
    expires_at: str | None = None


class UserAnswer(Struct, frozen=True):
    """What was asked about one user: keys are named by the user's id, as the collector puts them together."""

    user: Any
    keys: Any = None
    missing: str | None = None


class Allowed(Struct, frozen=True):
    """Whom a protection lets through: everybody from a level on, one user, one group, or one deploy key."""

    access_level: int | None = None
    user_id: int | None = None
    group_id: int | None = None
    deploy_key_id: int | None = None
    group_inheritance_type: int | None = None


class ProtectedBranch(Struct, frozen=True):
    """A branch, or a pattern of branches, that not everybody may push to."""

    name: str
    push_access_levels: tuple[Allowed, ...] = ()
    allow_force_push: bool = False


class Environment(Struct, frozen=True):
    """An environment of a project."""

    name: str
    tier: str | None = None


class ApprovalRule(Struct, frozen=True):
    """Who must agree to a deployment."""

    required_approvals: int = 0


class ProtectedEnvironment(Struct, frozen=True):
    """An environment that not everybody may deploy to."""

    name: str
    deploy_access_levels: tuple[Allowed, ...] = ()
    required_approval_count: int | None = None
    approval_rules: tuple[ApprovalRule, ...] = ()


class Variable(Struct, frozen=True):
    """A CI/CD variable; its value is not kept."""

    key: str
    protected: bool = False
    environment_scope: str = "*"


class Trigger(Struct, frozen=True):
    """A token that starts pipelines as its owner."""

    id: int
    description: str | None = None
    owner: Somebody | None = None
    created_at: str | None = None
    last_used_at: str | None = field(name="last_used", default=None)


class Runner(Struct, frozen=True):
    """A machine that runs jobs."""

    id: int
    description: str | None = None
    runner_type: str = ""
    paused: bool = False
