"""Who is a member of which GitLab group and project, with which keys and tokens, and what is protected from whom."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from auditor.config.sources.gitlab import GitlabAccess
from auditor.errors import SourceError
from auditor.providers.gitlab.protections import groups_above
from collectors.answers import kept, objects, quoted
from collectors.base import Batch, Normalised, Raw, Snapshot, missing
from collectors.files import named_file
from collectors.gitlab.access_rows import read_rows
from collectors.gitlab.client import Gitlab, quoted_path
from collectors.refusals import refusal

_WORKERS = 4
_MEMBERS_ALONE = "the file tells who the members are, and nothing of what they may do: `groups` and a token read that"
_MAINTAINER = "the Maintainer role"
_PAID = "GitLab Premium and the Maintainer role"
# What is read of each project beside its members: the address's end, the part, and what reading it takes.
_OF_PROJECTS = (
    ("deploy_keys", "deploy-keys", _MAINTAINER),
    ("deploy_tokens", "deploy-tokens", _MAINTAINER),
    ("protected_branches", "protected-branches", _MAINTAINER),
)
# What runs pipelines and what they are given: the address's end, which is also the part, and its secret.
_OF_PIPELINES = (("variables", "value"), ("triggers", "token"), ("runners", ""))
_PAID_OF_PROJECTS = (
    ("access_tokens", "tokens", _MAINTAINER),
    ("protected_environments", "protected-environments", _PAID),
)
_PAID_OF_GROUPS = (
    ("access_tokens", "tokens", "the Owner role"),
    ("protected_environments", "protected-environments", "GitLab Premium and the Owner role"),
)
# How GitLab refuses what a plan has not: tokens on gitlab.com's free one, what needs Premium, and in the free edition.
_REFUSALS = (401, 403, 404)


class GitlabAccessCollector(Snapshot[GitlabAccess], frozen=True):
    """Members, keys, tokens, and who may push and deploy where."""

    PERMISSIONS = (
        "scope:read_api",
        "role:Maintainer",  # deploy keys, project tokens, protected branches and environments
        "group-role:Owner",  # tokens of groups
    )
    READS = (
        "Members of groups and projects (direct, inherited, through shared groups) with level and end, their SSH keys, "
        "deploy keys, tokens, CI/CD variables and pipeline triggers (never their values), runners, protected branches "
        "and, on paid tiers, protected environments. "
        "E-mail addresses and second factors of others are told to administrators only."
    )

    quote = staticmethod(quoted)

    def raws(self) -> Iterator[Raw]:
        """Every answer, and a sentence for each that is refused.

        Raises:
            SourceError: the token is refused, the server cannot be reached, or no group and project can be read.
        """
        if self.source.file:
            yield named_file(self.source.name, self.source.file, self.context, part="all-members")
            yield missing(f"{self.source.file}#group", _MEMBERS_ALONE)
            return
        gitlab = Gitlab.of(self.source)
        gitlab.get("/version")
        raws = [raw for path in self.source.groups for raw in self._group(gitlab, path)]
        projects = list(dict.fromkeys([*self.source.projects, *_paths_of_projects(raws)]))
        for path in projects:
            raws += self._project(gitlab, path)
        for path in dict.fromkeys(_groups_around(projects, raws)):
            if path not in self.source.groups:
                raws += self._other_group(
                    gitlab, path, above=any(path in groups_above(project) for project in projects)
                )
        for path in projects:
            raws += _environments(gitlab, path, raws)
        if all(raw.missing for raw in raws):
            raise refusal(
                "source", "no forge", name=self.source.name, why=raws[0].missing if raws else "nothing was named"
            )
        yield from raws
        yield self._users(gitlab, raws)
        yield from gitlab.pages(
            "/personal_access_tokens", "gitlab:#personal_access_tokens", "personal-tokens", {"state": "active"}
        )

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, memberships, grants, policies and credentials."""
        return read_rows(self.source, self.context, batch)

    def _group(self, gitlab: Gitlab, path: str) -> Iterator[Raw]:
        base, name = f"/groups/{quoted_path(path)}", f"gitlab:{path}#"
        yield gitlab.one(base, f"{name}group", "group")
        yield from _members(gitlab, base, name)
        yield from gitlab.pages(
            f"{base}/projects", f"{name}projects", "projects", {"include_subgroups": "true", "archived": "false"}
        )
        told = list(
            gitlab.pages(f"{base}/deploy_tokens", f"{name}deploy_tokens", "deploy-tokens", needs="the Owner role")
        )
        yield from told
        yield from self._paid(gitlab, base, name, _PAID_OF_GROUPS, told)
        end, secret = _OF_PIPELINES[0]
        yield from gitlab.pages(f"{base}/{end}", f"{name}{end}", end, needs="the Owner role", without=secret)

    def _project(self, gitlab: Gitlab, path: str) -> Iterator[Raw]:
        base, name = f"/projects/{quoted_path(path)}", f"gitlab:{path}#"
        project = gitlab.one(base, f"{name}project", "project")
        yield project
        if project.missing:
            return
        yield from _members(gitlab, base, name)
        told: list[Raw] = []
        for end, part, needs in _OF_PROJECTS:
            told += gitlab.pages(f"{base}/{end}", f"{name}{end}", part, needs=needs)
        yield from told
        yield from self._paid(gitlab, base, name, _PAID_OF_PROJECTS, told)
        if not any(record.get("builds_access_level") == "disabled" for record in objects([project])):
            for end, secret in _OF_PIPELINES:
                yield from gitlab.pages(f"{base}/{end}", f"{name}{end}", end, needs=_MAINTAINER, without=secret)

    def _paid(
        self, gitlab: Gitlab, base: str, name: str, lists: Iterable[tuple[str, str, str]], told: Iterable[Raw]
    ) -> Iterator[Raw]:
        """What not every plan has. Where what takes the same role was told, a refusal speaks of the plan."""
        without_plan = () if any(raw.missing for raw in told) else _REFUSALS
        for end, part, needs in lists:
            if part == "protected-environments" and self.source.tier == "free":
                continue
            yield from gitlab.pages(f"{base}/{end}", f"{name}{end}", part, needs=needs, without_plan=without_plan)

    def _other_group(self, gitlab: Gitlab, path: str, *, above: bool) -> Iterator[Raw]:
        """A group that members come from. Where it cannot be read, they are seen all the same, but not their way."""
        base, name = f"/groups/{quoted_path(path)}", f"gitlab:{path}#"
        group = gitlab.one(base, f"{name}group", "group")
        if not group.missing:
            yield group
            yield from _members(gitlab, base, name)
            if above and self.source.tier != "free":
                _, (end, part, needs) = _PAID_OF_GROUPS
                yield from gitlab.pages(f"{base}/{end}", f"{name}{end}", part, needs=needs)

    def _users(self, gitlab: Gitlab, raws: Iterable[Raw]) -> Raw:
        """What is known of every member and their keys, as one list."""
        members = objects(raw for raw in raws if raw.part in ("members", "all-members"))
        ids = sorted({record["id"] for record in members if isinstance(record.get("id"), int)})
        with ThreadPoolExecutor(_WORKERS) as pool:
            return kept("gitlab:#users", "users", list(pool.map(partial(_user, gitlab), ids)))


def _environments(gitlab: Gitlab, path: str, raws: Iterable[Raw]) -> Iterator[Raw]:
    """A project's environments, whose tiers say which of them the groups above it protect."""
    above = tuple(f"gitlab:{group}#" for group in groups_above(path))
    groups = (raw for raw in raws if raw.part == "protected-environments" and raw.origin.startswith(above))
    if any(objects(groups)):
        address, name = f"/projects/{quoted_path(path)}/environments", f"gitlab:{path}#environments"
        yield from gitlab.pages(address, name, "environments", needs="the Reporter role")


def _members(gitlab: Gitlab, base: str, name: str) -> Iterator[Raw]:
    yield from gitlab.pages(f"{base}/members", f"{name}members", "members")
    yield from gitlab.pages(f"{base}/members/all", f"{name}members/all", "all-members")


def _paths_of_projects(raws: Iterable[Raw]) -> Iterator[str]:
    for raw in raws:
        if raw.part == "projects":
            yield from (p for record in objects([raw]) if isinstance(p := record.get("path_with_namespace"), str))


def _groups_around(projects: Iterable[str], raws: Iterable[Raw]) -> Iterator[str]:
    """The groups that projects lie in, and those that they are shared with."""
    for project in projects:
        yield from groups_above(project)
    for raw in raws:
        if raw.part not in ("project", "group"):
            continue
        shares = (record.get("shared_with_groups") for record in objects([raw]))
        for share in (share for some in shares if isinstance(some, list) for share in some):
            path = share.get("group_full_path") if isinstance(share, dict) else None
            if isinstance(path, str) and path:
                yield path


def _user(gitlab: Gitlab, id_: int) -> dict[str, Any]:
    """A user and their keys, as far as the token may see them."""
    found: dict[str, Any] = {"user": None, "keys": None}
    try:
        found["user"] = gitlab.single(f"/users/{id_}")
        found["keys"] = gitlab.records(f"/users/{id_}/keys")
    except (SourceError, ValueError) as error:
        found |= {"user": found["user"] or {"id": id_}, "missing": str(error).rstrip(".")}
    return found
