"""GitLab's answers on access to rows: who may do what where, and by which way they came to it."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.config.sources import GitlabAccess
from auditor.model.tables import Account, Grant, Membership, Row
from auditor.model.vocabulary import AccountKind, Level
from collectors.base import Batch, Context, Normalised
from collectors.gitlab.access_credentials import Credentials
from collectors.gitlab.access_shapes import Group, Member, User
from collectors.gitlab.found import Found
from collectors.gitlab.membership_paths import Way, Ways
from collectors.gitlab.protections import Protections
from collectors.reading import Problems, Reading, Record, shaped
from collectors.tickets.fields import Times

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


class AccessReader:
    """Reads the one batch of a snapshot of one source."""

    def __init__(self, source: GitlabAccess, context: Context) -> None:
        self._source = source
        self._server = urlsplit(source.url).netloc
        self._reading = Reading(source.name, context)
        self._problems = Problems()
        self._times = Times(self._problems)
        self._found = Found()
        self._ways = Ways(source.url, self._found, self._times)

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage."""
        reading, found, problems = self._reading, self._found, self._problems
        for raw in batch:
            if lacking := reading.read(raw, found.take).problems:
                problems.include(lacking)
                found.incomplete.add(raw.origin.removeprefix("gitlab:").rpartition("/page-")[0])
        usernames = {member.value.id: member.value.username for member in self._everybody()}
        protections = Protections(found, usernames, free=self._source.tier == "free")
        reading.extend(self._accounts())
        for path, group in found.documents("group").items():
            reading.extend(self._group(path, group))
        for path, project in found.documents("project").items():
            reading.extend(self._grant(path, way) for way in self._ways.to(path, project.value))
            reading.extend(protections.rows(path, project))
        reading.extend(Credentials(self._source.url, found, usernames, self._times, problems).rows())
        self._note()
        nothing = not len(reading) and bool(problems)
        reading.cover(self._server, problems, window=(None, reading.context.collected_at), failed=nothing)
        return reading.normalised()

    def _note(self) -> None:
        for answer in self._found.all("users"):
            if answer.value.missing:
                self._problems.note(answer.value.missing)
        for path, project in self._found.documents("project").items():
            name = project.value.path_with_namespace
            if name.casefold() != path.casefold():
                self._problems.note(f"{path} is called {name} now; correct it in auditor.yaml")

    def _users(self) -> Iterator[Record[User]]:
        for answer in self._found.all("users"):
            for _, user in shaped([answer.value.user], User, Problems(), "users"):
                yield Record(answer.at, user)

    def _everybody(self) -> Iterator[Record[Member]]:
        """Every member of anything, as often as they are named."""
        return self._found.all("members", "all-members")

    def _accounts(self) -> Iterator[Row]:
        users = {said.value.id: said for said in self._users()}
        seen: set[int] = set()
        for said in self._everybody():
            if said.value.id not in seen:
                seen.add(said.value.id)
                yield self._account(said, users.get(said.value.id))

    def _account(self, member: Record[Member], user: Record[User] | None) -> Account:
        value: User | Member = user.value if user else member.value
        whole = user.value if user else None
        bot = bool(whole and whole.bot) or bool(_BOT.match(value.username))
        used = (
            [
                self._times.read(text, "last_used_at", value.username)
                for text in (whole.current_sign_in_at, whole.last_sign_in_at, whole.last_activity_on)
            ]
            if whole
            else []
        )
        return Account(
            **(user or member).at,
            account=f"gitlab:{value.username}",
            provider="gitlab",
            scope=self._server,
            kind=AccountKind.SERVICE if bot else AccountKind.PERSON,
            name=value.name or value.username,
            email=value.email or member.value.email or value.public_email or None,
            created_at=self._times.read(whole.created_at, "created_at", value.username) if whole else None,
            last_used_at=max((time for time in used if time), default=None),
            enabled=value.state == "active",
            mfa=whole.two_factor_enabled if whole else None,
        )

    def _group(self, path: str, group: Record[Group]) -> Iterator[Row]:
        account = f"gitlab-group:{path}"
        yield Account(
            **group.at,
            account=account,
            provider="gitlab",
            scope=self._server,
            kind=AccountKind.GROUP,
            name=group.value.name or path,
            created_at=self._times.read(group.value.created_at, "created_at", path),
        )
        for member in self._ways.members("all-members", path) or self._ways.members("members", path):
            yield Membership(
                **member.at,
                group=account,
                member=f"gitlab:{member.value.username}",
                since=self._times.read(member.value.created_at, "created_at", member.value.username),
                expires_at=self._times.read(member.value.expires_at, "expires_at", member.value.username),
            )
        for member in self._ways.members("members", path):
            yield self._grant(path, self._ways.direct("group-member", path, group.value.id, member))

    def _grant(self, path: str, way: Way) -> Grant:
        value = way.member.value
        role = _ROLES.get(way.level, f"access level {way.level}")
        if value.member_role and value.member_role.name:
            role = f"{role} ({value.member_role.name})"
        inherited = way.condition is not None
        return Grant(
            **way.member.at,
            principal=f"gitlab:{value.username}",
            role=role,
            resource=path,
            provider="gitlab",
            level=level_of(way.level),
            granted_at=None if inherited else self._times.read(value.created_at, "created_at", value.username),
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
