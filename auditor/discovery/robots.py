"""Robots: service accounts and roles that no person stands behind, each with a purpose guessed from how it signs in."""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from auditor.case.case import Case
from auditor.discovery.logins import Login, roles_of
from auditor.model.tables import Membership

_FORGES = ("gitlab", "github", "bitbucket", "circleci", "buildkite", "jenkins")
_PURPOSES = {
    "backup": "makes backups",
    "backups": "makes backups",
    "mailer": "sends mail",
    "metrics": "reads metrics",
    "monitor": "watches what runs",
    "monitoring": "watches what runs",
    "smtp": "sends mail",
    "terraform": "plans and applies the infrastructure",
    "broker": "gives temporary access and takes it away",
    "auditor": "reads for this audit",
    "deploy": "deploys",
    "release": "releases",
    "releases": "releases",
    "ci": "builds and deploys",
}


class Robot(Struct):
    """One robot, which may have an account with each provider.

    Args:
        pipeline: what runs it, where that is a forge.
        issuer: whose tokens sign it in.
        service: the provider's service that runs as it.
        keys: SSH keys that open its logins and no person's.
    """

    id: str
    accounts: list[str] = field(default_factory=list)
    pipeline: str | None = None
    issuer: str | None = None
    service: str | None = None
    keys: list[str] = field(default_factory=list)
    seen: list[Login] = field(default_factory=list)

    @property
    def purpose(self) -> str:
        """What it is for, as far as its name and its trust tell."""
        words = re.findall(r"[a-z]+", self.id.casefold())
        named = next((_PURPOSES[word] for word in words if word in _PURPOSES), "")
        if self.pipeline:
            return f"{named or f'runs as {self.id}'}, from {self.pipeline}"
        if self.issuer:
            return f"{named or 'signs in'} with tokens of {self.issuer}"
        return named or (f"what runs on {self.service}" if self.service else f"is called {self.id}")


def robots_of(
    case: Case, logins: Iterable[Login], memberships: Iterable[Membership], of_people: Mapping[str, str]
) -> list[Robot]:
    """Robots, those of one name as one."""
    found: dict[str, Robot] = {}
    members: dict[str, list[str]] = {}
    for row in memberships:
        members.setdefault(row.group, []).append(row.member)
    for role, issuer, service in roles_of(case, members):
        robot = _robot(found, role.name or role.account)
        robot.accounts.append(role.account)
        robot.issuer, robot.service = robot.issuer or issuer, robot.service or service
        robot.pipeline = robot.pipeline or _forge(issuer or "")
    for login in logins:
        robot = _robot(found, login.handle)
        robot.accounts.append(login.account)
        robot.seen.append(login)
        for key, comment in login.keys.items():
            if key not in of_people and key not in robot.keys:
                robot.keys.append(key)
                robot.pipeline = robot.pipeline or _forge(comment)
    taken: set[str] = set()
    for robot in found.values():
        robot.keys = [key for key in robot.keys if key not in taken]
        taken.update(robot.keys)
    return sorted(found.values(), key=lambda robot: robot.id)


def _robot(found: dict[str, Robot], name: str) -> Robot:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._") or "robot"
    return found.setdefault(name.casefold(), Robot(name))


def _forge(text: str) -> str | None:
    return next((forge for forge in _FORGES if forge in text.casefold()), None)
