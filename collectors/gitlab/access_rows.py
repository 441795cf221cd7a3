"""GitLab's answers on access to rows: who may do what where, and by which path they came to it."""

import re
from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Any

from auditor.config.sources.gitlab import GitlabAccess
from auditor.model.tables import Account, Grant, Membership, Row
from auditor.model.vocabulary import AccountKind, Capability, Level
from auditor.model.written import written
from collectors.base import Batch, Context, Normalised
from collectors.gitlab.access_answers import AccessAnswers
from collectors.gitlab.access_credentials import Credentials
from collectors.gitlab.access_shapes import Group, Member, Project, User
from collectors.gitlab.membership_paths import MembershipPath, MembershipPaths
from collectors.gitlab.protections import group_protections, protections
from collectors.problems import Problems
from collectors.reading import Reading, Record, Stamp, shaped

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
_DEVELOPER, _MAINTAINER, _ADMINISTRATOR = 30, 40, 60
# Whoever was deactivated comes back by signing in.
_LET_IN = ("active", "deactivated")
_BOT = re.compile(r"(project|group)_\d+_bot|service_account_|ghost$|alert-bot$|support-bot$")


def read_rows(source: GitlabAccess, context: Context, batch: Batch) -> Normalised:
    """The batch of a snapshot as rows, with a line of coverage."""
    reading = Reading(source.name, context)
    answers = AccessAnswers(source.url, reading, batch)
    rows = _Rows(answers)
    reading.extend(rows.accounts())
    for path, group in answers.first("group").items():
        reading.extend(rows.group(path, group))
    for path in answers.first("group"):
        reading.extend(group_protections(answers, path))
    for path, project in answers.first("project").items():
        reading.extend(rows.project(path, project))
        reading.extend(protections(answers, path, project, free=source.tier == "free"))
    reading.extend(Credentials(answers).rows())
    for _, user in answers.all("users"):
        if user.value.missing:
            answers.problems.note(user.value.missing)
    lists = sorted({name.partition("#")[2].replace("_", " ") for name in answers.not_in_plan})
    remark = f"not in this plan: {', '.join(lists)}" if lists else None
    named = [(path, project.value.path_with_namespace) for path, project in answers.first("project").items()]
    answers.cover(answers.server, named, remark)
    return reading.normalised()


class _Rows:
    """Accounts, memberships and grants."""

    def __init__(self, answers: AccessAnswers) -> None:
        self._answers = answers
        self._paths = MembershipPaths(answers)

    def accounts(self) -> Iterator[Row]:
        """Every member, once."""
        users = {user.id: Record(at, user) for at, user in self._users()}
        members: dict[int, Record[Member]] = {}
        for member in self._answers.members():
            members.setdefault(member.value.id, member)
        for id_, member in members.items():
            yield self._account(member, users.get(id_))

    def _account(self, member: Record[Member], user: Record[User] | None) -> Account:
        value: User | Member = user.value if user else member.value
        whole = user.value if user else None
        bot = bool(whole and whole.bot) or bool(_BOT.match(value.username))
        told = (whole.current_sign_in_at, whole.last_sign_in_at, whole.last_activity_on) if whole else ()
        used = [self._answers.times.read(text, "last_used_at", value.username) for text in told]
        return self._answers.account(
            (user or member).at,
            f"gitlab:{value.username}",
            AccountKind.SERVICE if bot else AccountKind.PERSON,
            value.name or value.username,
            self._answers.server,
            email=value.email or member.value.email or value.public_email or None,
            created_at=self._answers.times.read(whole.created_at, "created_at", value.username) if whole else None,
            last_used_at=max((time for time in used if time), default=None),
            enabled=value.state in _LET_IN,
            mfa=whole.two_factor_enabled if whole else None,
            unique_id=f"gitlab-user:{value.id}",
        )

    def group(self, path: str, group: Record[Group]) -> Iterator[Row]:
        """A group, its members, and the rights that it gives them."""
        times, account = self._answers.times, f"gitlab-group:{path}"
        name, lived = group.value.name or path, self._answers.lived(group.value, path)
        yield self._answers.account(group.at, account, AccountKind.GROUP, name, self._answers.server, **lived)
        for member in self._paths.effective(path):
            yield Membership(
                **member.at,
                group=account,
                member=f"gitlab:{member.value.username}",
                since=times.read(member.value.created_at, "created_at", member.value.username),
                expires_at=times.read(member.value.expires_at, "expires_at", member.value.username),
            )
        for member in self._paths.members("members", path):
            yield self._grant(path, self._paths.direct("group-member", path, group.value.id, member))

    def project(self, path: str, project: Record[Project]) -> Iterator[Row]:
        """Who may do what in a project: its members, and those of them who administer the whole server."""
        yield from (self._grant(path, found) for found in self._paths.to(path, project.value))
        for at, user in self._users():
            if user.is_admin:
                role, who = _ROLES[_ADMINISTRATOR], f"gitlab:{user.username}"
                yield self._answers.grant(at, who, role, path, level=Level.ADMIN, condition="administers the server")

    def _users(self) -> Iterator[tuple[Stamp, User]]:
        """What is known of each member, as far as the token may see it."""
        for _, answer in self._answers.all("users"):
            for _, user in shaped([answer.value.user], User, Problems(), "users"):
                yield answer.at, user

    def _grant(self, path: str, found: MembershipPath) -> Grant:
        value = found.member.value
        role, custom = _ROLES.get(found.level, f"access level {found.level}"), value.member_role or {}
        if custom.get("name"):
            role = f"{role} ({custom['name']})"
        own = found.condition is None
        return self._answers.grant(
            found.member.at,
            f"gitlab:{value.username}",
            role,
            path,
            level=_level(found.level),
            capabilities=_added(custom) if found.level == value.access_level else (),
            granted_at=self._answers.times.read(value.created_at, "created_at", value.username) if own else None,
            granted_by=f"gitlab:{value.created_by.username}" if value.created_by and own else None,
            expires_at=found.ends,
            condition=found.condition,
            handle=found.handle,
        )


_custom_roles = cache(partial(written, __package__, "custom_roles", dict[Capability, list[str]]))


def _added(role: Mapping[str, Any]) -> tuple[str, ...]:
    """What a custom role lets its holder do beside what the level does that it is made of."""
    return tuple(
        capability for capability, names in _custom_roles().items() if any(role.get(name) is True for name in names)
    )


def _level(access_level: int) -> Level:
    """How far an access level goes, by itself."""
    if access_level >= _MAINTAINER:
        return Level.ADMIN
    return Level.WRITE if access_level >= _DEVELOPER else Level.READ
