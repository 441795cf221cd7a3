"""The ways by which members come to a project: directly, from the groups above it, through groups it is shared with."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from collectors.gitlab.access_answers import AccessAnswers
from collectors.gitlab.access_shapes import Member, Project, Share
from collectors.reading import Record


class MembershipPath(Struct, frozen=True):
    """How somebody comes to a level on a project. `handle` takes that away, and nothing else."""

    member: Record[Member]
    level: int
    ends: datetime | None
    condition: str | None = None
    handle: str | None = None


class MembershipPaths(Struct, frozen=True):
    """Who comes to what, and how."""

    answers: AccessAnswers

    def members(self, part: str, path: str) -> list[Record[Member]]:
        """The members of a project or group who have taken their seat, each once."""
        records = self.answers.of(part, path)
        return list({one.value.id: one for one in records if one.value.membership_state == "active"}.values())

    def effective(self, path: str) -> list[Record[Member]]:
        """All members of a group, the inherited ones too, where they could be read."""
        return self.members("all-members", path) or self.members("members", path)

    def to(self, path: str, project: Project) -> Iterator[MembershipPath]:
        """Every path to the project that somebody has, and what is left of the levels that no path explains."""
        whole = self.answers.whole("all-members", path, "members/all")
        effective = {one.value.id: one for one in self.members("all-members", path)}
        explained: dict[int, int] = {}
        for known in self._known(path, project):
            id_ = known.member.value.id
            if whole and id_ not in effective:
                continue
            explained[id_] = max(explained.get(id_, 0), known.level)
            yield known
        for id_, member in effective.items():
            if member.value.access_level > explained.get(id_, 0):
                hidden = "inherited; from where is not visible"
                yield MembershipPath(member, member.value.access_level, self._ends(member.value), hidden)

    def direct(self, kind: str, path: str, id_: int, member: Record[Member]) -> MembershipPath:
        """The path of a direct member; `kind` is project-member or group-member."""
        value = member.value
        handle = self.answers.handle(
            kind,
            **{kind.removesuffix("-member"): str(id_)},
            path=path,
            user=str(value.id),
            username=value.username,
            level=str(value.access_level),
        )
        return MembershipPath(member, value.access_level, self._ends(value), None, handle)

    def _known(self, path: str, project: Project) -> Iterator[MembershipPath]:
        for member in self.members("members", path):
            yield self.direct("project-member", path, project.id, member)
        groups = {owner: group.value for owner, group in self.answers.first("group").items()}
        parts = path.split("/")[:-1]
        ancestors = [a for depth in range(len(parts)) if (a := "/".join(parts[: depth + 1])) in groups]
        for ancestor in ancestors:
            for member in self.members("members", ancestor):
                own = self.direct("group-member", ancestor, groups[ancestor].id, member)
                yield replace(own, condition=f"inherited from {ancestor}")
        shares = [(path, share) for share in project.shared_with_groups]
        shares += [(ancestor, share) for ancestor in ancestors for share in groups[ancestor].shared_with_groups]
        for owner, share in shares:
            yield from self._shared(owner, share)

    def _shared(self, owner: str, share: Share) -> Iterator[MembershipPath]:
        group = share.group_full_path
        own = {one.value.id for one in self.members("members", group)}
        until = self.answers.times.read(share.expires_at, "expires_at", group)
        condition = f"through the group {group}, with which {owner} is shared"
        for member in self.effective(group):
            there = self.direct("group-member", group, share.group_id, member)
            ends = min((end for end in (there.ends, until) if end), default=None)
            handle = there.handle if member.value.id in own else None
            yield MembershipPath(member, min(there.level, share.group_access_level), ends, condition, handle)

    def _ends(self, member: Member) -> datetime | None:
        return self.answers.times.read(member.expires_at, "expires_at", member.username)
