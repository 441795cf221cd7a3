"""GitHub's environments, protected branches and secrets to rows, with names in the place of numbers."""

from collections.abc import Iterable, Iterator
from typing import Any

from auditor.model.tables import Policy
from auditor.providers.github.rights import TEAM, UNTOLD
from collectors.access_answers import Answers
from collectors.github.access_shapes import Allowed, BranchProtection, Bypass, Environment, Repository, Ruleset
from collectors.reading import Record

CLOSES = ("pull_request", "update")
"""The rules of a ruleset that keep people from pushing to a branch themselves."""
_WITHOUT_NUMBER = {"OrganizationAdmin": "role:owner", "DeployKey": "deploy-keys"}
# Roles that a ruleset names by number.
_ROLES = {2: "maintain", 4: "write", 5: "admin"}


def protections(answers: Answers, name: str, repository: Record[Repository]) -> Iterator[Policy]:
    """What a repository protects, and a line on which of it could be read."""
    rules = list(_rules(answers, name))
    known = {
        "default_branch": repository.value.default_branch,
        "archived": repository.value.archived or repository.value.disabled,
        "environments": answers.whole("environments", name, "environments"),
        "branch": answers.whole("protection", name, "protection") and answers.whole("rules", name, "rules"),
        "rules": rules,
    }
    yield answers.policy(repository, name, "repository", "repository", known)
    for environment in {one.value.name: one for one in answers.of("environments", name)}.values():
        yield answers.policy(
            environment, name, "environment", environment.value.name, _environment(answers, name, environment)
        )
    given = [
        {"name": one.value.name, "for": _environment_of(one) if part == "environment-secrets" else "*"}
        for part in ("secrets", "environment-secrets")
        for one in answers.of(part, name)
    ]
    if given:
        yield answers.policy(repository, name, "secrets", "secrets", {"secrets": given})


def _environment(answers: Answers, name: str, record: Record[Environment]) -> dict[str, Any]:
    environment = record.value
    policy = environment.deployment_branch_policy
    rules = environment.protection_rules
    reviewers = [who for rule in rules for one in rule.reviewers if (who := _named(name, one.type, one.reviewer))]
    patterns = [
        one.value.name for one in answers.of("branch-policies", name) if _environment_of(one) == environment.name
    ]
    return {
        "reviewers": reviewers,
        "reviewed": any(rule.type == "required_reviewers" for rule in rules),
        "by_another": any(rule.prevent_self_review for rule in rules),
        "wait_minutes": max((rule.wait_timer for rule in rules), default=0),
        "admins_bypass": environment.can_admins_bypass,
        "branches": None if policy is None else patterns if policy.custom_branch_policies else "protected",
    }


def _environment_of(record: Record[Any]) -> str:
    """The environment that a list of its own is of, as its address has it."""
    return record.at["origin"].partition("#")[2].partition("/")[2].rpartition("/page-")[0]


def _rules(answers: Answers, name: str) -> Iterator[dict[str, Any]]:
    """What keeps people from pushing to the default branch: for whom each rule does not hold; None where untold."""
    for record in answers.of("protection", name):
        protection: BranchProtection = record.value
        admins = ["role:admin"] if not protection.enforce_admins.enabled else []
        if (reviews := protection.required_pull_request_reviews) is not None:
            yield {"passes": [*_allowed(name, reviews.bypass_pull_request_allowances), *admins]}
        if protection.restrictions is not None:
            yield {"passes": [*_allowed(name, protection.restrictions), *admins]}
        if protection.lock_branch.enabled:
            yield {"passes": admins}
    sets = {one.value.id: one.value for one in answers.of("rulesets", name)}
    closing = {one.value.ruleset_id for one in answers.of("rules", name) if one.value.type in CLOSES}
    for number in sorted(closing):
        found: Ruleset | None = sets.get(number)
        actors = found.bypass_actors if found else None
        yield {"passes": None if actors is None else list(_bypassing(answers, name, actors))}


def _allowed(name: str, allowed: Allowed) -> Iterator[str]:
    for kind, entries in (("User", allowed.users), ("Team", allowed.teams), ("App", allowed.apps)):
        yield from (who for entry in entries if (who := _named(name, kind, entry)))


def _named(name: str, kind: str, entry: dict[str, Any]) -> str | None:
    """A user, team or app as accounts are written."""
    if kind == "User":
        return f"github:{entry['login']}" if entry.get("login") else None
    slug = entry.get("slug")
    if not slug:
        return None
    return f"github-team:{name.partition('/')[0]}/{slug}" if kind == "Team" else f"github-app:{slug}"


def _bypassing(answers: Answers, name: str, actors: Iterable[Bypass]) -> Iterator[str]:
    """Those for whom a ruleset does not hold when they push; who passes by pull requests only does not."""
    owner = name.partition("/")[0]
    teams = {one.value.id: one.value.slug for one in answers.of("teams", owner)}
    teams |= {one.value.id: one.value.slug for one in answers.of("repository-teams", name)}
    users = {one.value.database_id: one.value.login for one in answers.of("members", owner)}
    users |= {one.value.id: one.value.login for one in answers.of("all-collaborators", name)}
    apps = {one.value.app_id: one.value.app_slug for one in answers.of("installations", owner)}
    known = {
        "RepositoryRole": {number: f"role:{role}" for number, role in _ROLES.items()},
        "Team": {number: f"{TEAM}{owner}/{slug}" for number, slug in teams.items()},
        "User": {number: f"github:{login}" for number, login in users.items()},
        "Integration": {number: f"github-app:{slug}" for number, slug in apps.items()},
    }
    for actor in actors:
        number, kind = actor.actor_id or 0, actor.actor_type
        if actor.bypass_mode != "pull_request":
            yield _WITHOUT_NUMBER.get(kind) or known.get(kind, {}).get(number) or f"{UNTOLD}{kind} {number}"
