"""The ways by which members come to a project: directly, from the groups above it, through groups it is shared with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from auditor.model.handles import write_handle
from collectors.gitlab.access_shapes import Member, Project, Share
from collectors.gitlab.found import Found
from collectors.reading import Record
from collectors.tickets.fields import Times


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody comes to a level on a project. `handle` takes that away, and nothing else."""

    member: Record[Member]
    level: int
    ends: datetime | None
    condition: str | None
    handle: str | None


@dataclass(frozen=True, slots=True)
class Ways:
    """Who comes to what, and how.

    Args:
        server: GitLab's address, for handles.
        found: answers by part and by the group or project that they are about.
    """

    server: str
    found: Found
    times: Times

    def members(self, part: str, path: str) -> list[Record[Member]]:
        """The members of a project or group who have taken their seat, each once."""
        saids = self.found.of(part).get(path, [])
        return list({said.value.id: said for said in saids if said.value.membership_state == "active"}.values())

    def to(self, path: str, project: Project) -> Iterator[Way]:
        """Every way to the project that somebody has, and what is left of the levels that no way explains."""
        whole = self.found.whole("all-members", path, "members/all")
        effective = {said.value.id: said for said in self.members("all-members", path)}
        explained: dict[int, int] = {}
        for way in self._known_ways(path, project):
            id_ = way.member.value.id
            if whole and id_ not in effective:
                continue
            explained[id_] = max(explained.get(id_, 0), way.level)
            yield way
        for id_, said in effective.items():
            if said.value.access_level > explained.get(id_, 0):
                ends = self.times.read(said.value.expires_at, "expires_at", said.value.username)
                yield Way(said, said.value.access_level, ends, "inherited; from where is not visible", None)

    def _known_ways(self, path: str, project: Project) -> Iterator[Way]:
        for member in self.members("members", path):
            yield self.direct("project-member", path, project.id, member)
        groups = {owner: said.value for owner, said in self.found.documents("group").items()}
        parts = path.split("/")[:-1]
        ancestors = [a for depth in range(len(parts)) if (a := "/".join(parts[: depth + 1])) in groups]
        for ancestor in ancestors:
            for member in self.members("members", ancestor):
                way = self.direct("group-member", ancestor, groups[ancestor].id, member)
                yield Way(member, way.level, way.ends, f"inherited from {ancestor}", way.handle)
        shares = [(path, share) for share in project.shared_with_groups]
        shares += [(ancestor, share) for ancestor in ancestors for share in groups[ancestor].shared_with_groups]
        for owner, share in shares:
            yield from self._shared(owner, share)

    def _shared(self, owner: str, share: Share) -> Iterator[Way]:
        group = share.group_full_path
        own = {said.value.id for said in self.members("members", group)}
        until = self.times.read(share.expires_at, "expires_at", group)
        condition = f"through the group {group}, with which {owner} is shared"
        for member in self.members("all-members", group) or self.members("members", group):
            way = self.direct("group-member", group, share.group_id, member)
            ends = min((end for end in (way.ends, until) if end), default=None)
            handle = way.handle if member.value.id in own else None
            yield Way(member, min(way.level, share.group_access_level), ends, condition, handle)

    def direct(self, kind: str, path: str, id_: int, member: Record[Member]) -> Way:
        """The way of a direct member; `kind` is project-member or group-member."""
        value = member.value
        handle = write_handle(
            "gitlab",
            kind,
            self.server,
            **{"project" if kind == "project-member" else "group": str(id_)},
            path=path,
            user=str(value.id),
            username=value.username,
            level=str(value.access_level),
        )
        ends = self.times.read(value.expires_at, "expires_at", value.username)
        return Way(member, value.access_level, ends, None, handle)
