"""GitLab's protected branches and environments to rows, with names in the place of numbers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.model.tables import Policy
from collectors.gitlab.access_shapes import Allowed, Project
from collectors.gitlab.found import Found
from collectors.reading import Record


@dataclass(frozen=True, slots=True)
class Protections:
    """What is protected in projects, and from whom.

    Args:
        found: answers by part and by the group or project that they are about.
        usernames: by user id.
        free: the tier has no protected environments, so that there is nothing to read.
    """

    found: Found
    usernames: Mapping[int, str]
    free: bool

    def rows(self, path: str, project: Record[Project]) -> Iterator[Policy]:
        """The project's protections, and a line on which of them could be read."""
        known = {
            "default_branch": project.value.default_branch,
            "archived": project.value.archived,
            "protected_branches": self.found.whole("protected-branches", path, "protected_branches"),
            "protected_environments": self.free
            or self.found.whole("protected-environments", path, "protected_environments"),
        }
        yield _policy(project, path, "project", "project", known)
        for said in self.found.once("protected-branches", path, "name"):
            push = [self._allowed(entry) for entry in said.value.push_access_levels]
            document = {"push": push, "force_push": said.value.allow_force_push}
            yield _policy(said, path, "protected-branch", said.value.name, document)
        for said in self.found.once("protected-environments", path, "name"):
            deploy = [self._allowed(entry) for entry in said.value.deploy_access_levels]
            rules = (rule.required_approvals for rule in said.value.approval_rules)
            approvals = max(said.value.required_approval_count or 0, sum(rules))
            document = {"deploy": deploy, "approvals": approvals}
            yield _policy(said, path, "protected-environment", said.value.name, document)

    def _allowed(self, entry: Allowed) -> dict[str, Any]:
        """Whom one line of a protection lets through."""
        if entry.user_id is not None:
            name = self.usernames.get(entry.user_id)
            return {"account": f"gitlab:{name}"} if name else {"user_id": entry.user_id}
        if entry.group_id is not None:
            path = self._group_paths().get(entry.group_id)
            return {"group": f"gitlab-group:{path}"} if path else {"group_id": entry.group_id}
        if entry.deploy_key_id is not None:
            return {"account": f"gitlab-deploy-key:{entry.deploy_key_id}"}
        return {"access_level": entry.access_level or 0}

    def _group_paths(self) -> dict[int, str]:
        paths = {said.value.id: path for path, saids in self.found.of("group").items() for said in saids}
        for said in self.found.all("project", "group"):
            paths |= {share.group_id: share.group_full_path for share in said.value.shared_with_groups}
        return paths


def _policy(said: Record[Any], path: str, type_: str, name: str, document: dict[str, Any]) -> Policy:
    return Policy(
        **said.at,
        policy=f"gitlab:{path}#{type_}" + ("" if type_ == name else f":{name}"),
        kind="role-definition",
        attached_to=path,
        name=name,
        document=json.dumps({"type": type_, **document}, ensure_ascii=False),
    )
