"""What the stand-in knows: users, groups and projects as the caller tells them, in the shapes that the API answers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]


@dataclass(slots=True)
class Token:
    """A token by which somebody calls; `scopes` as GitLab names them: `api`, `read_api`, `read_user`.

    `number` is its id, where it knows itself.
    """

    user: int
    scopes: tuple[str, ...] = ("read_api",)
    admin: bool = False
    number: int | None = None


@dataclass(slots=True)
class Place:
    """A group or a project: its own document, its lists by the end of their address, and its issues' lists.

    Args:
        lists: `members`, `deploy_keys`, `access_tokens`, `issues`, `deployments` … as the API answers them.
        inherited: members that `members/all` has beside the direct ones.
        below: lists of one thing, such as `("issues", 7, "notes")` or `("merge_requests", 3, "approvals")`.
        former: paths that it had before; calls for them are redirected.
    """

    document: Record
    lists: dict[str, list[Record]] = field(default_factory=dict)
    inherited: list[Record] = field(default_factory=list)
    below: dict[tuple[str, int, str], Any] = field(default_factory=dict)
    former: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Its full path."""
        return str(self.document.get("path_with_namespace") or self.document["full_path"])

    def everybody(self) -> list[Record]:
        """Direct and inherited members; of two entries of one user the higher level, as GitLab answers."""
        best: dict[int, Record] = {}
        for member in [*self.lists.get("members", []), *self.inherited]:
            other = best.get(member["id"])
            if other is None or member["access_level"] > other["access_level"]:
                best[member["id"]] = member
        return sorted(best.values(), key=lambda member: member["id"])


@dataclass(slots=True)
class State:
    """The whole server.

    Args:
        tier: free, premium or ultimate.
        keyset_issues: whether project issues can be paged by keyset, as since 18.3.
    """

    tokens: dict[str, Token]
    users: list[Record] = field(default_factory=list)
    keys: dict[int, list[Record]] = field(default_factory=dict)
    groups: list[Place] = field(default_factory=list)
    projects: list[Place] = field(default_factory=list)
    personal_tokens: list[Record] = field(default_factory=list)
    tier: str = "free"
    keyset_issues: bool = True

    def place(self, kind: str, name: str) -> Place | None:
        """A group or project by its id or path, today's or a former one."""
        places: Iterable[Place] = self.groups if kind == "groups" else self.projects
        for place in places:
            if name == str(place.document["id"]) or name.casefold() in map(str.casefold, (place.path, *place.former)):
                return place
        return None
