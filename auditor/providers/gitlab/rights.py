"""Rights in GitLab: who can deploy to a system's production, push to its branch, or give others that right."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.config.models import Config
from auditor.config.systems import GitlabResource
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import as_objects
from auditor.model.entitlements import Entitlement, IdentityOf, Unresolved
from auditor.model.findings import pointer
from auditor.model.globs import matches
from auditor.model.tables import Credential, Grant, Membership
from auditor.model.vocabulary import Capability, Level
from auditor.model.written import written
from auditor.providers.forge import Held, groups_of, held_by_project
from auditor.providers.gitlab.protections import Project, groups_above, projects_of, tier_of
from auditor.providers.rights import Rights

PROVIDER = "gitlab"
_DEPLOY_KEY = "gitlab-deploy-key:"
REPORTER, DEVELOPER, MAINTAINER, ADMINISTRATOR = 20, 30, 40, 60
_LONGEST_LEVEL = 5
UNREAD = "as far as can be told"
"""How the condition of a path begins that hangs on something that could not be read."""
_TRIGGER = "gitlab-trigger:"
_RUNNERS = ("project runner", "group runner")
_levels = cache(partial(written, __package__, "levels", dict[str, int]))


class Members(Struct, frozen=True):
    """Who belongs to which group now, and at which level who was made its member directly, by its path."""

    groups: Mapping[str, Collection[str]] = field(default_factory=dict)
    levels: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Snapshots, at: datetime) -> "Members":
        """Those of a moment."""
        levels = {
            (grant.resource, grant.principal): access_level(grant.role)
            for grant in rows.grants
            if grant.provider == PROVIDER and not grant.condition and grant.lasts(at)
        }
        return cls(groups_of(rows.memberships, "gitlab-group:", at), levels)

    def level_in(self, group: str, principal: str, below: int) -> int:
        """The level that somebody has in a group, also through one above it; the one below where it is not told."""
        told = max(self.levels.get((path, principal), 0) for path in (*groups_above(group), group))
        return told or (below if principal in self.groups.get(f"gitlab-group:{group}", ()) else 0)

    def lets_through(self, entry: Mapping[str, Any], principal: str, level: int, least: int) -> bool:
        """Whether one line of a protection names a principal, a group of theirs, or a level that they have.

        Reporters whose group is named may deploy, and nothing else; administrators may everywhere.
        """
        if level >= ADMINISTRATOR:
            return True
        if "account" in entry:
            return bool(entry["account"] == principal)
        if "group" in entry:
            group = str(entry["group"])
            if entry.get("direct") and (group.removeprefix("gitlab-group:"), principal) not in self.levels:
                return False
            return principal in self.groups.get(str(entry["group"]), ()) and level >= least
        needed = entry.get("access_level")
        return isinstance(needed, int) and 0 < needed <= level and not principal.startswith(_DEPLOY_KEY)


def gitlab_access(config: Config, rows: Snapshots, who: IdentityOf, at: datetime) -> Rights:
    """Who can change a system through its GitLab project at a moment: one path for each way into the project.

    Developers and above deploy to an environment that is not protected, and push to a branch that is not. What could
    not be read counts as not protected, which the path's conditions say. Maintainers and owners give others access.
    """
    projects = projects_of(rows.policies)
    members = Members.of(rows, at)
    held = held_by_project(PROVIDER, rows, who, at)
    paths = [
        access
        for system, resource in config.resources_of(GitlabResource)
        for one in held.get(resource.project.casefold(), ())
        for access in _access(
            system,
            one,
            projects.get(one.grant.resource, Project(one.grant.resource)),
            [(path, projects[path]) for path in groups_above(one.grant.resource) if path in projects],
            resource.environment,
            members,
        )
    ]
    triggers = [row for row in rows.credentials if row.credential.startswith(_TRIGGER) and row.provider == PROVIDER]
    wanted = sorted({resource.project for _, resource in config.resources_of(GitlabResource)})
    untold = dict.fromkeys(one for path in wanted for one in _unknown_groups(path.casefold(), projects))
    return Rights(access=(*paths, *_triggered(paths, triggers)), unresolved=tuple(untold))


def _unknown_groups(wanted: str, projects: Mapping[str, Project]) -> Iterator[Unresolved]:
    """Groups known by their number alone that a protection of a project, or of a group above it, lets through."""
    for path in (one for one in projects if wanted == one.casefold() or wanted.startswith(f"{one.casefold()}/")):
        rules = {**(projects[path].branches or {}), **(projects[path].environments or {})}
        for name, rule in rules.items():
            for entry in (*as_objects(rule.get("deploy")), *as_objects(rule.get("push"))):
                if "group_id" in entry:
                    reason = f"It is let through by what protects {name} of {path}; which group that is, was not read."
                    yield Unresolved.of_account(f"gitlab-group:{entry['group_id']}", reason, Membership.TABLE)


def _triggered(paths: Sequence[Entitlement], triggers: Iterable[Credential]) -> Iterator[Entitlement]:
    """Pipelines that tokens start as their owners, who can deploy."""
    for row in triggers:
        for path in paths:
            if (path.account, path.scope) == (row.account, row.resource) and Capability.DEPLOY in path.capabilities:
                yield replace(
                    path,
                    capabilities=frozenset({Capability.DEPLOY}),
                    level=Level.WRITE,
                    path=(f"pipeline trigger {row.comment or row.credential} of {row.account}", *path.path),
                    credential=row.credential,
                    granted_at=row.created_at,
                    last_used_at=row.last_used_at,
                    written=(*path.written, row.comment),
                    handles=(),
                    evidence=(pointer(row), *path.evidence),
                )


def _access(
    system: str,
    held: Held,
    project: Project,
    above: Sequence[tuple[str, Project]],
    environment: str | None,
    members: Members,
) -> Iterator[Entitlement]:
    grant = held.grant
    level = access_level(grant.role)
    if project.archived:
        return
    # What a custom role adds to the level that it is made of.
    capabilities = {Capability(name) for name in grant.capabilities}
    conditions: list[str] = []
    rules = _rules(project, above, environment, level, grant.principal, members)
    deploys, approvals = (True, 0) if grant.role in _RUNNERS else _deploys(grant.principal, level, rules, members)
    if deploys:
        capabilities.add(Capability.DEPLOY)
        conditions += [f"a deployment takes {approvals} approvals"] if approvals else []
        conditions += unread(project.environments, "environments") if environment else []
    if pushes(grant, level, project, members, project.default_branch):
        capabilities.add(Capability.CHANGE_CONFIG)
        conditions += unread(project.branches, "branches")
    secrets: list[str] = []
    if level >= MAINTAINER:
        capabilities.add(Capability.MANAGE_ACCESS)
        secrets = [name for one in (project, *(group for _, group in above)) for name in one.variables_for(environment)]
    comment = held.opened_by.comment if held.opened_by else None
    yield from held.ways(system, capabilities, conditions, ("the CI/CD variables", secrets), comment)


def unread(protections: Mapping[str, Any] | None, what: str) -> list[str]:
    """That protections could not be read, where they were not."""
    return [f"{UNREAD}: protected {what} could not be read"] if protections is None else []


def _rules(
    project: Project,
    above: Sequence[tuple[str, Project]],
    environment: str | None,
    level: int,
    principal: str,
    members: Members,
) -> list[tuple[Mapping[str, Any], int]]:
    """What protects an environment, by its name or its tier in groups above; each with somebody's level there."""
    if environment is None:
        return []
    own = (project.environments or {}).get(environment)
    tier = project.tiers.get(environment) or tier_of(environment)
    found = [(own, level)] if own is not None else []
    for path, group in above:
        if rule := (group.environments or {}).get(tier):
            there = level if level >= ADMINISTRATOR else members.level_in(path, principal, level)
            found.append((rule, there))
    return found


def _deploys(
    principal: str, level: int, rules: Sequence[tuple[Mapping[str, Any], int]], members: Members
) -> tuple[bool, int]:
    """Whether somebody can deploy, which every rule must allow, and how many others must approve."""
    if principal.startswith(_DEPLOY_KEY):
        return False, 0
    allowed, approvals = bool(rules) or level >= DEVELOPER, 0
    for rule, there in rules:
        deploy = as_objects(rule.get("deploy"))
        allowed &= any(members.lets_through(entry, principal, there, REPORTER) for entry in deploy)
        approvals = max(approvals, int(rule.get("approvals") or 0))
    return allowed, approvals


def pushes(grant: Grant, level: int, project: Project, members: Members, branch: str | None) -> bool:
    """Whether somebody can push to a branch; where several patterns name it, the widest counts."""
    rules = [rule for name, rule in (project.branches or {}).items() if branch and matches(name, branch)]
    if not rules:
        return level >= DEVELOPER or grant.role == "deploy key (write)"
    if grant.role == "deploy key (read)":
        return False
    return any(
        members.lets_through(entry, grant.principal, level, DEVELOPER)
        for rule in rules
        for entry in as_objects(rule.get("push"))
    )


def role_in(written: object) -> str:
    """A role as audit events write it: by itself, or behind what sort it is (`Default role: Maintainer`)."""
    return str(written or "").casefold().rpartition(": ")[2]


def access_level(role: str) -> int:
    """The access level behind a role's name; 0 where it has none, as a deploy key."""
    word = role.partition(" (")[0].casefold()
    if word.startswith("access level "):
        number = word.removeprefix("access level ")
        return int(number) if number.isdecimal() and len(number) < _LONGEST_LEVEL else 0
    return _levels().get(word, 0)
