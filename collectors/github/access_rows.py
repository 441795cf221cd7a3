"""GitHub's answers on access to rows: who may do what where, and by which path they came to it."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from auditor.config.sources.github import GithubAccess
from auditor.model.tables import Account, Credential, Grant, Membership, Row
from auditor.model.vocabulary import AccountKind, Level
from collectors.access_answers import Answers
from collectors.base import Batch, Context, Normalised
from collectors.github import access_shapes as shapes
from collectors.github.access_shapes import DeployKey, FineGrainedToken, Person
from collectors.github.protections import protections
from collectors.reading import Reading, Record

_SHAPES: dict[str, Any] = {
    "organization": shapes.Organization,
    "members": shapes.Person,
    "outside": shapes.User,
    "teams": shapes.Team,
    "team-members": shapes.User,
    "installations": shapes.Installation,
    "tokens": shapes.FineGrainedToken,
    "repositories": shapes.Repository,
    "repository": shapes.Repository,
    "collaborators": shapes.User,
    "all-collaborators": shapes.User,
    "repository-teams": shapes.Team,
    "keys": shapes.DeployKey,
    "environments": shapes.Environment,
    "branch-policies": shapes.Named,
    "environment-secrets": shapes.Named,
    "protection": shapes.BranchProtection,
    "rules": shapes.ActiveRule,
    "rulesets": shapes.Ruleset,
    "secrets": shapes.Named,
}
_WORDS = {"admin": "admin", "maintain": "maintain", "push": "write", "triage": "triage", "pull": "read"}
"""Roles in a repository as people call them, by how the API writes them, the highest first."""
_RANK = {word: rank for rank, word in enumerate(("read", "triage", "write", "maintain", "admin", "owner"), 1)}
_UNTOLD = "in a way that GitHub does not tell, such as a role of the organisation"


def read_rows(source: GithubAccess, context: Context, batch: Batch) -> Normalised:
    """The batch of a snapshot as rows, with a line of coverage for each organisation and repository."""
    reading = Reading(source.name, context)
    answers = Answers("github", source.url, _SHAPES, reading, batch)
    rows = _Rows(answers)
    reading.extend(rows.accounts())
    for name, organization in answers.first("organization").items():
        reading.extend(rows.organization(name, organization))
    for name, repository in answers.first("repository").items():
        reading.extend(rows.repository(name))
        reading.extend(protections(answers, name, repository))
    reading.extend(Credentials(answers).rows())
    lists = sorted({name.partition("#")[2] for name in answers.not_in_plan} & {"fine-grained tokens"})
    remark = f"not for this token or plan: {', '.join(lists)}" if lists else None
    named = [(name, repository.value.full_name) for name, repository in answers.first("repository").items()]
    answers.cover(", ".join([*source.organizations, *source.repositories]), named, remark)
    return reading.normalised()


class _Rows:
    """Accounts, memberships and grants."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._members = {
            name: list({one.value.login: one for one in answers.of("members", name)}.values())
            for name in answers.first("organization")
        }

    def accounts(self) -> Iterator[Row]:
        """Everybody who is named anywhere, once: first as their organisation tells of them."""
        known: set[str] = set()
        for name, members in self._members.items():
            for member in members:
                if member.value.login not in known:
                    known.add(member.value.login)
                    yield self._member(name, member)
        for part in ("outside", "collaborators", "all-collaborators", "team-members"):
            for place, user in self._answers.all(part):
                if user.value.login not in known:
                    known.add(user.value.login)
                    yield self._user(place.partition("/")[0], user)

    def _member(self, organization: str, member: Record[shapes.Person]) -> Account:
        value = member.value
        return self._answers.account(
            member.at,
            f"github:{value.login}",
            AccountKind.PERSON,
            value.name or value.login,
            organization,
            email=next(iter(value.mails), None) or value.email or None,
            enabled=True,
            mfa=value.two_factor,
            unique_id=str(value.database_id) if value.database_id else None,
            **self._answers.lived(value, value.login),
        )

    def organization(self, name: str, organization: Record[shapes.Organization]) -> Iterator[Row]:
        """An organisation's teams and who is in them, with those of teams below; a team is in the one above it."""
        for team in self._answers.of("teams", name):
            account = f"github-team:{name}/{team.value.slug}"
            name_of, scope = team.value.name or team.value.slug, organization.value.login
            yield self._answers.account(team.at, account, AccountKind.GROUP, name_of, scope)
            if above := team.value.parent:
                yield Membership(**team.at, group=f"github-team:{name}/{above.slug}", member=account)
            for member in self._team(name, team.value.slug):
                yield Membership(**member.at, group=account, member=f"github:{member.value.login}")

    def repository(self, name: str) -> Iterator[Row]:
        """Who may do what in a repository: one grant for each way in which they came to it."""
        owner = name.partition("/")[0]
        reached: dict[str, int] = {}
        for grant in self._grants(owner, name):
            reached[grant.principal] = max(reached.get(grant.principal, 0), _RANK.get(grant.role.partition(" (")[0], 0))
            yield grant
        for user in self._answers.of("all-collaborators", name):
            role = _role(user.value.permissions, user.value.role_name)
            if _RANK.get(role.partition(" (")[0], 0) > reached.get(f"github:{user.value.login}", 0):
                yield self._grant(name, user, user.value.login, role, _UNTOLD)
        for app in self._answers.of("installations", owner):
            if app.value.suspended_at is None:
                yield from self._app(owner, name, app)

    def _grants(self, owner: str, name: str) -> Iterator[Grant]:
        for user in self._answers.of("collaborators", name):
            login, role = user.value.login, _role(user.value.permissions, user.value.role_name)
            told = {"role": user.value.role_name, "permission": _flag(user.value)}
            yield self._grant(
                name, user, login, role, None, self._answers.handle("collaborator", path=name, user=login, **told)
            )
        for team in self._answers.of("repository-teams", name):
            role = _role(team.value.permissions, team.value.permission)
            for user in self._team(owner, team.value.slug):
                login = user.value.login
                handle = self._answers.handle("team-member", path=f"{owner}/{team.value.slug}", user=login)
                yield self._grant(name, user, login, role, f"member of the team {owner}/{team.value.slug}", handle)
        base = next((one.value.default_repository_permission for one in self._answers.of("organization", owner)), None)
        for member in self._members.get(owner, ()):
            login = member.value.login
            if member.value.role == "ADMIN":
                handle = self._answers.handle("owner", path=owner, user=login)
                yield self._grant(name, member, login, "owner", None, handle)
            elif base and base != "none":
                yield self._grant(name, member, login, base, f"what every member of {owner} may do")

    def _team(self, owner: str, slug: str) -> list[Record[shapes.User]]:
        return self._answers.of("team-members", f"{owner}/{slug}")

    def _grant(
        self, name: str, record: Record[Any], login: str, role: str, condition: str | None, handle: str | None = None
    ) -> Grant:
        told = {"condition": condition, "handle": handle}
        return self._answers.grant(record.at, f"github:{login}", role, name, level=_level(role), **told)

    def _app(self, owner: str, name: str, app: Record[shapes.Installation]) -> Iterator[Row]:
        value, account = app.value, f"github-app:{app.value.app_slug}"
        known = {"enabled": True, "unique_id": str(value.app_id), **self._answers.lived(value, account)}
        yield self._answers.account(app.at, account, AccountKind.SERVICE, value.app_slug, owner, **known)
        writes = sorted(name for name, level in value.permissions.items() if level in ("write", "admin"))
        selected = value.repository_selection != "all"
        yield self._answers.grant(
            app.at,
            account,
            f"app ({', '.join(writes)})" if writes else "app (reads)",
            name,
            level=Level.ADMIN if "administration" in writes else Level.WRITE if writes else Level.READ,
            granted_at=known.get("created_at"),
            condition="installed on some repositories, and GitHub does not tell which" if selected else None,
        )

    def _user(self, organization: str, user: Record[shapes.User]) -> Account:
        value = user.value
        kind, known = AccountKind.SERVICE if value.type == "Bot" else AccountKind.PERSON, str(value.id)
        account = f"github:{value.login}"
        return self._answers.account(user.at, account, kind, value.login, organization, enabled=True, unique_id=known)


def _flag(user: shapes.User) -> str:
    """The permission by which somebody can be added again: a custom role's name, or one of GitHub's own."""
    own = next((flag for flag in shapes.PERMISSIONS if user.permissions.get(flag)), "pull")
    return user.role_name if user.role_name and user.role_name not in _WORDS.values() else own


def _role(permissions: dict[str, bool], name: str | None) -> str:
    """The highest role, as GitHub names it, or by what one of an organisation's own allows: `write (releaser)`."""
    told = _WORDS.get(name or "", name)
    if told in _RANK:
        return str(told)
    word = next((word for flag, word in _WORDS.items() if permissions.get(flag)), "no role")
    return f"{word} ({told})" if told else word


def _level(role: str) -> Level:
    word = role.partition(" (")[0]
    if word in ("admin", "owner"):
        return Level.ADMIN
    return Level.WRITE if word in ("maintain", "write") else Level.READ


class Credentials(Struct, frozen=True):
    """What opens GitHub without a password."""

    answers: Answers

    def rows(self) -> Iterator[Row]:
        """A credential for each key and token; an account and a grant for each deploy key."""
        for _, member in self.answers.all("members"):
            yield from self._member_keys(member)
        for name, key in self.answers.all("keys"):
            yield from self._deploy_key(name, key)
        for _, token in self.answers.all("tokens"):
            yield self._token(token)

    def _member_keys(self, member: Record[Person]) -> Iterator[Credential]:
        """The keys that a member has published: the same key on a host is theirs."""
        for key in dict.fromkeys(member.value.keys):
            if fingerprint := self.answers.fingerprint(key, member.value.login):
                yield self.answers.credential(member.at, fingerprint, "ssh-key", f"github:{member.value.login}")

    def _deploy_key(self, name: str, record: Record[DeployKey]) -> Iterator[Row]:
        key, account, at = record.value, f"github-deploy-key:{record.value.id}", record.at
        handle = self.answers.handle("deploy-key", path=name, key=str(key.id))
        lived, name_of = self.answers.lived(key, account), key.title or account
        yield self.answers.account(at, account, AccountKind.SERVICE, name_of, name, enabled=key.enabled, **lived)
        does, level = ("read", Level.READ) if key.read_only else ("write", Level.WRITE)
        by = f"github:{key.added_by}" if key.added_by else None
        told = {"granted_at": lived.get("created_at"), "granted_by": by, "handle": handle}
        yield self.answers.grant(at, account, f"deploy key ({does})", name, level=level, **told)
        known = {"resource": name, "enabled": key.enabled, "comment": key.title or None, "handle": handle}
        fingerprint = self.answers.fingerprint(key.key, account) or account
        yield self.answers.credential(at, fingerprint, "ssh-key", account, key, **known)

    def _token(self, record: Record[FineGrainedToken]) -> Credential:
        """A fine-grained token: it can do no more than its owner."""
        token, account = record.value, f"github:{record.value.owner.login}"
        known = {"enabled": not token.token_expired, "comment": token.token_name}
        return self.answers.credential(record.at, f"github-token:{token.id}", "token", account, token, **known)
