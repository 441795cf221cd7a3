"""GitLab's answers on access to rows: who may do what where, and by which way they came to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from auditor.config.sources import GitlabAccess
from auditor.model.tables import Account, Coverage, Grant, Membership, ReadObject, Row
from auditor.model.vocabulary import AccountKind, Level
from collectors.base import Batch, Context, Normalised, Raw
from collectors.gitlab.access_credentials import Credentials
from collectors.gitlab.access_shapes import (
    Answer,
    DeployKey,
    DeployToken,
    Group,
    Member,
    Project,
    ProtectedBranch,
    ProtectedEnvironment,
    Token,
    User,
)
from collectors.gitlab.membership_paths import Way, Ways
from collectors.gitlab.protections import Protections
from collectors.stamping import Complaints, Place, Rows
from collectors.tickets.answers import MISSING, listed, shaped
from collectors.tickets.fields import Said, Times

_SHAPES: dict[str, Any] = {
    "project": Project,
    "projects": Project,
    "group": Group,
    "members": Member,
    "all-members": Member,
    "users": Answer,
    "deploy-keys": DeployKey,
    "tokens": Token,
    "personal-tokens": Token,
    "deploy-tokens": DeployToken,
    "protected-branches": ProtectedBranch,
    "protected-environments": ProtectedEnvironment,
}
_ROLES = {
    5: "minimal access",
    10: "guest",
    15: "planner",
    20: "reporter",
    25: "security manager",
    30: "developer",
    40: "maintainer",
    50: "owner",
    60: "administrator",
}
_DEVELOPER, _MAINTAINER = 30, 40
_BOT = re.compile(r"(project|group)_\d+_bot|service_account_|ghost$|alert-bot$|support-bot$")


@dataclass(slots=True)
class AccessReader:
    """Reads the one batch of a snapshot of one source."""

    source: GitlabAccess
    context: Context
    rows: Rows = field(default_factory=Rows)
    complaints: Complaints = field(default_factory=Complaints)
    found: dict[str, dict[str, list[Said[Any]]]] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)

    @property
    def server(self) -> str:
        """The server's host, which accounts are scoped to."""
        return urlsplit(self.source.url).netloc

    @property
    def times(self) -> Times:
        """Reads times, and complains of those that are none."""
        return Times(self.complaints)

    @property
    def ways(self) -> Ways:
        """Tells how members come to what."""
        return Ways(self.source.url, self.found, self.incomplete, self.times)

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage."""
        objects = [self._take(raw) for raw in batch]
        usernames = {said.value.id: said.value.username for said in self._everybody()}
        self.rows.extend(self._accounts())
        for path in self.found.get("group", {}):
            self.rows.extend(self._group(path))
        for path in self.found.get("project", {}):
            self.rows.extend(self._project(path, usernames))
        self.rows.extend(Credentials(self.source.url, self.found, usernames, self.times, self.complaints).rows())
        self.rows.objects = objects
        self.rows.coverage = [self._coverage(batch)]
        return self.rows.normalised()

    def _take(self, raw: Raw) -> ReadObject:
        """Takes an answer in; an answer that comes twice does no harm."""
        data = raw.load()
        place = Place.of(self.source.name, self.context, raw, data)
        rejects = Complaints()
        if raw.part == MISSING:
            rejects.note(data.decode())
        else:
            owner = raw.origin.removeprefix("gitlab:").partition("#")[0]
            kept = self.found.setdefault(raw.part, {}).setdefault(owner, [])
            try:
                for number, value in shaped(listed(data), _SHAPES[raw.part], rejects, raw.origin):
                    kept.append(Said(place, number, value))
            except ValueError as error:
                rejects.note(f"{raw.origin} cannot be read: {error}")
        if sentence := rejects.sentence():
            self.complaints.note(sentence)
            self.complaints.rejected += rejects.rejected
            self.incomplete.add(raw.origin.removeprefix("gitlab:").rpartition("/page-")[0])
        status = "ok" if not rejects else "partial" if raw.part != MISSING and rejects.rejected else "failed"
        return ReadObject(**place.at(), status=status, reason=sentence, rejected=rejects.rejected)

    def _coverage(self, batch: Batch) -> Coverage:
        users = [said.value.missing for said in self._answers() if said.value.missing]
        for sentence in users:
            self.complaints.note(sentence)
        for path, project in self._documents("project"):
            name = project.value.path_with_namespace
            if name.casefold() != path.casefold():
                self.complaints.note(f"{path} is called {name} now; correct it in auditor.yaml")
        nothing = not self.rows and bool(self.complaints)
        return Coverage(
            **Place(self.source.name, self.context.collected_at, batch[0].origin if batch else self.server).at(),
            scope=self.server,
            from_=None,
            to=self.context.collected_at,
            rows=len(self.rows),
            rejected=self.complaints.rejected,
            status="failed" if nothing else "partial" if self.complaints else "ok",
            reason=self.complaints.sentence(),
        )

    def _documents(self, part: str) -> Iterator[tuple[str, Said[Any]]]:
        return ((owner, saids[0]) for owner, saids in self.found.get(part, {}).items() if saids)

    def _answers(self) -> list[Said[Answer]]:
        return [said for saids in self.found.get("users", {}).values() for said in saids]

    def _users(self) -> Iterator[Said[User]]:
        for said in self._answers():
            for _, user in shaped([said.value.user], User, Complaints(), "users"):
                yield Said(said.place, said.record, user)

    def _everybody(self) -> Iterator[Said[Member]]:
        """Every member of anything, as often as they are named."""
        for part in ("members", "all-members"):
            for saids in self.found.get(part, {}).values():
                yield from saids

    def _accounts(self) -> Iterator[Row]:
        users = {said.value.id: said for said in self._users()}
        seen: set[int] = set()
        for said in self._everybody():
            if said.value.id not in seen:
                seen.add(said.value.id)
                yield self._account(said, users.get(said.value.id))

    def _account(self, member: Said[Member], user: Said[User] | None) -> Account:
        value: User | Member = user.value if user else member.value
        whole = user.value if user else None
        bot = bool(whole and whole.bot) or bool(_BOT.match(value.username))
        used = (
            [
                self.times.read(text, "last_used_at", value.username)
                for text in (whole.current_sign_in_at, whole.last_sign_in_at, whole.last_activity_on)
            ]
            if whole
            else []
        )
        return Account(
            **(user or member).at(),
            account=f"gitlab:{value.username}",
            provider="gitlab",
            scope=self.server,
            kind=AccountKind.SERVICE if bot else AccountKind.PERSON,
            name=value.name or value.username,
            email=value.email or member.value.email or value.public_email or None,
            created_at=self.times.read(whole.created_at, "created_at", value.username) if whole else None,
            last_used_at=max((time for time in used if time), default=None),
            enabled=value.state == "active",
            mfa=whole.two_factor_enabled if whole else None,
        )

    def _group(self, path: str) -> Iterator[Row]:
        group = next((said for owner, said in self._documents("group") if owner == path), None)
        if group is None:
            return
        account = f"gitlab-group:{path}"
        yield Account(
            **group.at(),
            account=account,
            provider="gitlab",
            scope=self.server,
            kind=AccountKind.GROUP,
            name=group.value.name or path,
            created_at=self.times.read(group.value.created_at, "created_at", path),
        )
        for member in self.ways.members("all-members", path) or self.ways.members("members", path):
            yield Membership(
                **member.at(),
                group=account,
                member=f"gitlab:{member.value.username}",
                since=self.times.read(member.value.created_at, "created_at", member.value.username),
                expires_at=self.times.read(member.value.expires_at, "expires_at", member.value.username),
            )
        for member in self.ways.members("members", path):
            yield self._grant(path, self.ways.direct("group-member", path, group.value.id, member))

    def _project(self, path: str, usernames: dict[int, str]) -> Iterator[Row]:
        project = next((said for owner, said in self._documents("project") if owner == path), None)
        if project is None:
            return
        yield from (self._grant(path, way) for way in self.ways.to(path, project.value))
        yield from self._protections(usernames).rows(path, project)

    def _protections(self, usernames: dict[int, str]) -> Protections:
        return Protections(self.found, usernames, self.incomplete, free=self.source.tier == "free")

    def _grant(self, path: str, way: Way) -> Grant:
        value = way.member.value
        role = _ROLES.get(way.level, f"access level {way.level}")
        if value.member_role and value.member_role.name:
            role = f"{role} ({value.member_role.name})"
        inherited = way.condition is not None
        return Grant(
            **way.member.at(),
            principal=f"gitlab:{value.username}",
            role=role,
            resource=path,
            provider="gitlab",
            level=level_of(way.level),
            granted_at=None if inherited else self.times.read(value.created_at, "created_at", value.username),
            granted_by=f"gitlab:{value.created_by.username}" if value.created_by and not inherited else None,
            expires_at=way.ends,
            condition=way.condition,
            handle=way.handle,
        )


def level_of(access_level: int) -> Level:
    """How far an access level goes, by itself."""
    if access_level >= _MAINTAINER:
        return Level.ADMIN
    return Level.WRITE if access_level >= _DEVELOPER else Level.READ
