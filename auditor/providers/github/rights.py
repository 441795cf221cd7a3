"""Rights in GitHub: who can deploy to a system's production, push to its branch, or give others that right."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from auditor.config.models import Config
from auditor.config.systems import GithubResource
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, IdentityOf, Unresolved
from auditor.model.few import few
from auditor.model.tables import Grant
from auditor.model.vocabulary import Capability
from auditor.providers.forge import Held, groups_of, held_by_project
from auditor.providers.github.protections import Environment, Repository, repositories_of
from auditor.providers.rights import Rights

PROVIDER = "github"
_DEPLOY_KEY = "github-deploy-key:"
TEAM = "github-team:"
UNTOLD = "untold:"
"""What begins a name for somebody whom a ruleset names by a number alone, such as a role of an organisation's own."""
_MOST_NAMES = 3
ROLES = ("read", "triage", "write", "maintain", "admin", "owner")
"""What somebody may do in a repository, each more than the one before; an owner is one of its organisation."""
WRITE, ADMIN, OWNER = ROLES.index("write"), ROLES.index("admin"), ROLES.index("owner")
# What an app's permission to write comes to; with the code it can change what the next deployment brings.
_OF_APPS = {
    "contents": Capability.CHANGE_CONFIG,
    "actions": Capability.DEPLOY,
    "deployments": Capability.DEPLOY,
    "administration": Capability.MANAGE_ACCESS,
    "secrets": Capability.MANAGE_SECRETS,
    "environments": Capability.MANAGE_SECRETS,
}


class Place(Struct, frozen=True):
    """A system's repository, what it protects, and who belongs to which team."""

    system: str
    resource: GithubResource
    repository: Repository
    teams: Mapping[str, Collection[str]]

    @property
    def environment(self) -> Environment | None:
        """The environment that is production; None where none is named, or none of that name is protected."""
        known = self.repository.environments or {}
        return known.get((self.resource.environment or "").casefold())

    def names(self, entries: Collection[str], principal: str) -> bool:
        """Whether a list of users and teams names somebody."""
        return principal in entries or any(
            entry.startswith(TEAM) and principal in self.teams.get(entry, ()) for entry in entries
        )


def github_access(config: Config, rows: Snapshots, who: IdentityOf, at: datetime) -> Rights:
    """Who can change a system through its GitHub repository at a moment: one path for each way into the repository.

    Whoever may write can start a workflow and so a deployment; where its environment asks for a reviewer, the path's
    conditions say so. They push to the default branch where no rule keeps them from it. Administrators and owners give
    others access. What could not be read counts as not protected, which the conditions say.
    """
    held = held_by_project(PROVIDER, rows, who, at)
    repositories, teams = repositories_of(rows.policies), groups_of(rows.memberships, TEAM, at)
    access: list[Entitlement] = []
    unresolved: list[Unresolved] = []
    for system, resource in config.resources_of(GithubResource):
        name = resource.repository.casefold()
        place = Place(system, resource, repositories.get(name, Repository()), teams)
        if place.repository.archived:
            continue
        for one in held.get(name, ()):
            if one.grant.role.startswith("app (") and one.grant.condition:
                reason = f"{one.grant.principal} is {one.grant.condition}: whether it reaches {name} is not known."
                unresolved.append(Unresolved.of_account(one.grant.principal, reason, Grant.TABLE))
            else:
                access += _access(place, one)
    return Rights(access=tuple(access), unresolved=tuple(unresolved))


def rank(role: str) -> int:
    """How much a role allows, as `ROLES` has it; -1 where it is none of a person's."""
    word = role.partition(" (")[0]
    return ROLES.index(word) if word in ROLES else -1


def _access(place: Place, held: Held) -> Iterator[Entitlement]:
    grant, conditions = held.grant, list[str]()
    capabilities = of_app(grant.role) if grant.role.startswith("app (") else set[Capability]()
    level = rank(grant.role)
    if level >= WRITE:
        capabilities.add(Capability.DEPLOY)
        conditions += waits(place, grant.principal, level)
    pushes = level >= WRITE or grant.role == "deploy key (write)" or Capability.CHANGE_CONFIG in capabilities
    capabilities.discard(Capability.CHANGE_CONFIG)
    if pushes and (passes := may_push(place, grant.principal, level)):
        capabilities.add(Capability.CHANGE_CONFIG)
    if pushes:
        conditions += untold(place.repository.rules, passes=passes)
    if level >= ADMIN:
        capabilities.add(Capability.MANAGE_ACCESS)
    secrets = place.repository.secrets_for(place.resource.environment) if level >= ADMIN else ()
    comment = held.deploy_key.comment if held.deploy_key else None
    yield from held.ways(place.system, capabilities, conditions, ("the Actions secrets", secrets), comment)


def of_app(role: str) -> set[Capability]:
    """What an app may change with its role, as `app (contents, secrets)` has what it may write."""
    writes = role.removeprefix("app (").removesuffix(")").split(", ")
    return {_OF_APPS[name] for name in writes if name in _OF_APPS}


def waits(place: Place, principal: str, level: int) -> Iterator[str]:
    """What a deployment that somebody starts has to wait for."""
    environment = place.environment
    if place.resource.environment and place.repository.environments is None:
        yield "as far as can be told: environments could not be read"
    if environment is None or (level >= ADMIN and environment.admins_bypass):
        return
    approves = place.names(environment.reviewers, principal) and not environment.by_another
    if environment.reviewed and not approves:
        yield f"a deployment takes the approval of one of {few(environment.reviewers, _MOST_NAMES)}"
    if environment.wait_minutes:
        yield f"a deployment waits {environment.wait_minutes} minutes"


def may_push(place: Place, principal: str, level: int) -> bool:
    """Whether somebody can push to the default branch: no rule holds it closed to them.

    A deploy key that may write can do what administrators can.
    """
    key = principal.startswith(_DEPLOY_KEY)
    own = {f"role:{word}" for word in ROLES[: (ADMIN if key else level) + 1]} | ({"deploy-keys"} if key else set())
    rules: Sequence[Sequence[str] | None] = place.repository.rules or ()
    return all(rule is not None and (place.names(rule, principal) or not own.isdisjoint(rule)) for rule in rules)


def untold(rules: Sequence[Sequence[str] | None] | None, *, passes: bool) -> Iterator[str]:
    """What could not be read of what protects the default branch."""
    if rules is None:
        yield "as far as can be told: what protects the default branch could not be read"
    elif not passes and any(rule is None or any(name.startswith(UNTOLD) for name in rule) for rule in rules):
        yield "as far as can be told: who may bypass a ruleset could not be read"
