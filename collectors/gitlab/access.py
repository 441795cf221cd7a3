"""Who is a member of which GitLab group and project, with which keys and tokens, and what is protected from whom."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from auditor.config.sources import GitlabAccess
from auditor.errors import SourceError
from collectors.base import Batch, Context, Normalised, Raw, missing
from collectors.gitlab.access_rows import AccessReader
from collectors.gitlab.client import Gitlab, quoted_path
from collectors.tickets.answers import answer, listed, quoted, single

_WORKERS = 4
_MAINTAINER = "the Maintainer role"
_PAID = "GitLab Premium and the Maintainer role"
_ADMINISTRATOR = "an administrator's token"
# What is read of each project beside its members: the address's end, the part, and what reading it takes.
_OF_PROJECTS = (
    ("deploy_keys", "deploy-keys", _MAINTAINER),
    ("access_tokens", "tokens", _MAINTAINER),
    ("deploy_tokens", "deploy-tokens", _MAINTAINER),
    ("protected_branches", "protected-branches", _MAINTAINER),
)
_OF_GROUPS = (("access_tokens", "tokens", "the Owner role"), ("deploy_tokens", "deploy-tokens", "the Owner role"))


@dataclass(frozen=True, slots=True)
class GitlabAccessCollector:
    """Members, keys, tokens, and who may push and deploy where."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = (
        "scope:read_api",
        "role:Maintainer",  # deploy keys, project tokens, protected branches and environments
        "group-role:Owner",  # tokens of groups
    )
    READS: ClassVar[str] = (
        "Members of groups and projects (direct, inherited, through shared groups) with level and end, their SSH keys, "
        "deploy keys, tokens (never their values), protected branches and, on paid tiers, protected environments. "
        "E-mail addresses and second factors of others are told to administrators only."
    )

    source: GitlabAccess
    context: Context

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Everything in one batch: a snapshot is taken whole. What alone is refused costs that part only.

        Raises:
            SourceError: the token is refused, the server cannot be reached, or no group and project can be read.
        """
        del seen
        yield list(self._raws(Gitlab.of(self.source)))

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, memberships, grants, policies and credentials."""
        return AccessReader(self.source, self.context).read(batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The member, key, token or protection that a row points at."""
        return quoted(data, record)

    def _raws(self, gitlab: Gitlab) -> Iterator[Raw]:
        gitlab.get("/version")
        raws = [raw for path in self.source.groups for raw in self._group(gitlab, path)]
        projects = list(dict.fromkeys([*self.source.projects, *_paths_of_projects(raws)]))
        for path in projects:
            raws += self._project(gitlab, path)
        known = {*self.source.groups}
        for path in dict.fromkeys(_groups_around(projects, raws)):
            if path not in known:
                raws += self._other_group(gitlab, path)
        if all(raw.missing for raw in raws):
            raise SourceError(
                f"{self.source.name}: {raws[0].missing if raws else 'nothing was named'}.",
                means="Nothing of this source was read.",
                do="Check the names in auditor.yaml, and that the token's user is a member.",
            )
        yield from raws
        yield self._users(gitlab, raws)
        yield from gitlab.pages(
            "/personal_access_tokens", "gitlab:#personal_access_tokens", "personal-tokens", {"state": "active"}
        )

    def _group(self, gitlab: Gitlab, path: str) -> Iterator[Raw]:
        base, name = f"/groups/{quoted_path(path)}", f"gitlab:{path}#"
        yield _or_missing(partial(gitlab.one, base, f"{name}group", "group"), f"{name}group")
        yield from gitlab.pages(f"{base}/members", f"{name}members", "members")
        yield from gitlab.pages(f"{base}/members/all", f"{name}members/all", "all-members")
        yield from gitlab.pages(
            f"{base}/projects", f"{name}projects", "projects", {"include_subgroups": "true", "archived": "false"}
        )
        for end, part, needs in _OF_GROUPS:
            yield from gitlab.pages(f"{base}/{end}", f"{name}{end}", part, needs=needs)

    def _project(self, gitlab: Gitlab, path: str) -> Iterator[Raw]:
        base, name = f"/projects/{quoted_path(path)}", f"gitlab:{path}#"
        project = _or_missing(partial(gitlab.one, base, f"{name}project", "project"), f"{name}project")
        yield project
        if project.missing:
            return
        yield from gitlab.pages(f"{base}/members", f"{name}members", "members")
        yield from gitlab.pages(f"{base}/members/all", f"{name}members/all", "all-members")
        for end, part, needs in _OF_PROJECTS:
            yield from gitlab.pages(f"{base}/{end}", f"{name}{end}", part, needs=needs)
        if self.source.tier != "free":
            end = "protected_environments"
            yield from gitlab.pages(f"{base}/{end}", f"{name}{end}", "protected-environments", needs=_PAID)

    def _other_group(self, gitlab: Gitlab, path: str) -> Iterator[Raw]:
        """A group that members come from. Where it cannot be read, they are seen all the same, but not their way."""
        base, name = f"/groups/{quoted_path(path)}", f"gitlab:{path}#"
        try:
            yield gitlab.one(base, f"{name}group", "group")
        except SourceError:
            return
        for end, part in (("members", "members"), ("members/all", "all-members")):
            yield from gitlab.pages(f"{base}/{end}", f"{name}{end}", part)

    def _users(self, gitlab: Gitlab, raws: Iterable[Raw]) -> Raw:
        """What is known of every member and their keys, as one list."""
        ids = sorted({id_ for raw in raws if raw.part in ("members", "all-members") for id_ in _ids(raw)})
        with ThreadPoolExecutor(_WORKERS) as pool:
            answers = list(pool.map(partial(_user, gitlab), ids))
        return answer("gitlab:#users", "users", json.dumps(answers, ensure_ascii=False).encode("utf-8", "replace"))


def _or_missing(call: partial[Raw], origin: str) -> Raw:
    try:
        return call()
    except SourceError as error:
        return missing(origin, error.what.rstrip("."))


def _records(raw: Raw) -> list[dict[str, Any]]:
    """The objects of an answer; none where it cannot be read, which is told when it is normalised."""
    try:
        return [record for record in listed(raw.load()) if isinstance(record, dict)]
    except ValueError:
        return []


def _ids(raw: Raw) -> Iterator[int]:
    return (record["id"] for record in _records(raw) if isinstance(record.get("id"), int))


def _paths_of_projects(raws: Iterable[Raw]) -> Iterator[str]:
    for raw in raws:
        if raw.part == "projects":
            yield from (p for record in _records(raw) if isinstance(p := record.get("path_with_namespace"), str))


def _groups_around(projects: Iterable[str], raws: Iterable[Raw]) -> Iterator[str]:
    """The groups that projects lie in, and those that they are shared with."""
    for project in projects:
        parts = project.split("/")[:-1]
        yield from ("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    for raw in raws:
        if raw.part not in ("project", "group"):
            continue
        shares = (record.get("shared_with_groups") for record in _records(raw))
        for share in (share for some in shares if isinstance(some, list) for share in some):
            path = share.get("group_full_path") if isinstance(share, dict) else None
            if isinstance(path, str) and path:
                yield path


def _user(gitlab: Gitlab, id_: int) -> dict[str, Any]:
    """A user and their keys, as far as the token may see them."""
    found: dict[str, Any] = {"user": None, "keys": None}
    try:
        found["user"] = single(gitlab.get(f"/users/{id_}").content)
        pages = list(gitlab.pages(f"/users/{id_}/keys", f"gitlab:#users/{id_}/keys", "keys"))
        if gone := next((page.missing for page in pages if page.missing), None):
            return {**found, "missing": gone}
        return {**found, "keys": [record for page in pages for record in listed(page.load())]}
    except (SourceError, ValueError) as error:
        return {**found, "user": found["user"] or {"id": id_}, "missing": str(error).rstrip(".")}
