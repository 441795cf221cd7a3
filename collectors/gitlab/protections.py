"""GitLab's protected branches and environments to rows, with names in the place of numbers."""

from collections.abc import Iterator
from typing import Any

from auditor.model.tables import Policy
from collectors.gitlab.access_answers import AccessAnswers
from collectors.gitlab.access_shapes import Allowed, Project
from collectors.reading import Record


def protections(answers: AccessAnswers, path: str, project: Record[Project], *, free: bool) -> Iterator[Policy]:
    """A project's protections, and a line on which of them could be read; a `free` tier has no environments."""
    environments = free or answers.whole("protected-environments", path, "protected_environments")
    known = {
        "default_branch": project.value.default_branch,
        "archived": project.value.archived,
        "protected_branches": answers.whole("protected-branches", path, "protected_branches"),
        "protected_environments": environments,
        "tiers": {one.value.name: one.value.tier for one in answers.of("environments", path) if one.value.tier},
    }
    yield answers.policy(project, path, "project", "project", known)
    for branch in _once(answers, "protected-branches", path):
        push = [_allowed(answers, entry) for entry in branch.value.push_access_levels]
        document = {"push": push, "force_push": branch.value.allow_force_push}
        yield answers.policy(branch, path, "protected-branch", branch.value.name, document)
    yield from group_protections(answers, path)


def group_protections(answers: AccessAnswers, path: str) -> Iterator[Policy]:
    """The protected environments of a project by their name, or those of a group's projects by their tier.

    Beside them the names of the variables that its pipelines are given, and for which environments.
    """
    if variables := answers.of("variables", path):
        told = [{"name": one.value.key, "for": one.value.environment_scope} for one in variables]
        yield answers.policy(variables[0], path, "variables", "variables", {"variables": told})
    for environment in _once(answers, "protected-environments", path):
        deploy = [_allowed(answers, entry) for entry in environment.value.deploy_access_levels]
        rules = (rule.required_approvals for rule in environment.value.approval_rules)
        document = {"deploy": deploy, "approvals": max(environment.value.required_approval_count or 0, sum(rules))}
        yield answers.policy(environment, path, "protected-environment", environment.value.name, document)


def _once(answers: AccessAnswers, part: str, path: str) -> Iterator[Record[Any]]:
    yield from {one.value.name: one for one in answers.of(part, path)}.values()


def _allowed(answers: AccessAnswers, entry: Allowed) -> dict[str, Any]:
    """Whom one line of a protection lets through."""
    if entry.user_id is not None:
        name = answers.usernames.get(entry.user_id)
        return {"account": f"gitlab:{name}"} if name else {"user_id": entry.user_id}
    if entry.group_id is not None:
        path = _group_paths(answers).get(entry.group_id)
        direct = entry.group_inheritance_type == 0
        return {"group": f"gitlab-group:{path}", "direct": direct} if path else {"group_id": entry.group_id}
    if entry.deploy_key_id is not None:
        return {"account": f"gitlab-deploy-key:{entry.deploy_key_id}"}
    return {"access_level": entry.access_level or 0}


def _group_paths(answers: AccessAnswers) -> dict[int, str]:
    paths = {group.value.id: path for path, group in answers.all("group")}
    for part in ("project", "group"):
        for _, one in answers.all(part):
            paths |= {share.group_id: share.group_full_path for share in one.value.shared_with_groups}
    return paths
