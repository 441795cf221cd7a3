"""The shapes of GitHub's answers on access, as far as they are used; msgspec checks them and says what is wrong."""

from typing import Any

from msgspec import Struct, field

PERMISSIONS = ("admin", "maintain", "push", "triage", "pull")
"""What may be done in a repository, as flags of a record, the highest first."""


class User(Struct, frozen=True, kw_only=True):
    """Somebody, with what they may do where they are named as one who may."""

    login: str
    id: int
    type: str = "User"
    role_name: str | None = None
    permissions: dict[str, bool] = {}


class Person(Struct, frozen=True, kw_only=True):
    """A member as GraphQL tells of them; `role` is that in the organisation, ADMIN or MEMBER."""

    login: str
    database_id: int | None = field(name="databaseId", default=None)
    name: str | None = None
    email: str | None = None
    created_at: str | None = field(name="createdAt", default=None)
    mails: tuple[str, ...] = field(name="organizationVerifiedDomainEmails", default=())
    role: str | None = None
    two_factor: bool | None = field(name="hasTwoFactorEnabled", default=None)
    keys: tuple[str, ...] = ()


class Organization(Struct, frozen=True, kw_only=True):
    """An organisation. What every member may do in every repository is told to its owners only."""

    login: str
    id: int
    name: str | None = None
    default_repository_permission: str | None = None
    created_at: str | None = None


class Team(Struct, frozen=True, kw_only=True):
    """A team, and the one above it; where a repository names it, with what its members may do there."""

    id: int
    slug: str
    parent: "Team | None" = None
    name: str = ""
    permission: str | None = None
    permissions: dict[str, bool] = {}


class Repository(Struct, frozen=True, kw_only=True):
    """A repository."""

    id: int
    full_name: str
    default_branch: str | None = None
    archived: bool = False
    disabled: bool = False


class DeployKey(Struct, frozen=True, kw_only=True):
    """A key that opens one repository."""

    id: int
    key: str
    title: str = ""
    read_only: bool = True
    enabled: bool = True
    created_at: str | None = None
    last_used_at: str | None = field(name="last_used", default=None)
    added_by: str | None = None


class Reviewer(Struct, frozen=True, kw_only=True):
    """Who may approve a deployment: a user or a team."""

    type: str
    reviewer: dict[str, Any] = {}


class ProtectionRule(Struct, frozen=True, kw_only=True):
    """What a deployment to an environment must wait for."""

    type: str
    wait_timer: int = 0
    prevent_self_review: bool = False
    reviewers: tuple[Reviewer, ...] = ()


class BranchPolicy(Struct, frozen=True):
    """From which branches an environment takes deployments."""

    protected_branches: bool = False
    custom_branch_policies: bool = False


class Environment(Struct, frozen=True, kw_only=True):
    """An environment."""

    id: int
    name: str
    can_admins_bypass: bool = True
    protection_rules: tuple[ProtectionRule, ...] = ()
    deployment_branch_policy: BranchPolicy | None = None


class Allowed(Struct, frozen=True, kw_only=True):
    """Whom a protection of a branch lets through."""

    users: tuple[dict[str, Any], ...] = ()
    teams: tuple[dict[str, Any], ...] = ()
    apps: tuple[dict[str, Any], ...] = ()


class Enabled(Struct, frozen=True):
    """A switch."""

    enabled: bool = False


class Reviews(Struct, frozen=True, kw_only=True):
    """What a pull request must have before it is merged."""

    bypass_pull_request_allowances: Allowed = Allowed()


class BranchProtection(Struct, frozen=True, kw_only=True):
    """A protected branch."""

    required_pull_request_reviews: Reviews | None = None
    restrictions: Allowed | None = None
    enforce_admins: Enabled = Enabled()
    lock_branch: Enabled = Enabled()


class ActiveRule(Struct, frozen=True, kw_only=True):
    """A rule that holds for a branch, and the ruleset that it is of."""

    type: str
    ruleset_id: int


class Bypass(Struct, frozen=True, kw_only=True):
    """Somebody for whom a ruleset does not hold: always, or by pull requests only."""

    actor_type: str
    actor_id: int | None = None
    bypass_mode: str = "always"


class Ruleset(Struct, frozen=True, kw_only=True):
    """A ruleset; for whom it does not hold is told to those who may change it."""

    id: int
    name: str = ""
    bypass_actors: tuple[Bypass, ...] | None = None


class Named(Struct, frozen=True):
    """Something by its name: a secret, a label, an environment, a pattern of branches."""

    name: str


class Installation(Struct, frozen=True, kw_only=True):
    """An app that an organisation has installed, with what it may do: `{contents: write}`."""

    id: int
    app_id: int
    app_slug: str
    permissions: dict[str, str] = {}
    repository_selection: str = "all"
    created_at: str | None = None
    suspended_at: str | None = None


class FineGrainedToken(Struct, frozen=True, kw_only=True):
    """A personal access token that reaches an organisation's resources."""

    id: int
    owner: User
    token_name: str | None = None
    token_expired: bool = False
    expires_at: str | None = field(name="token_expires_at", default=None)
    last_used_at: str | None = field(name="token_last_used_at", default=None)
    created_at: str | None = field(name="access_granted_at", default=None)
