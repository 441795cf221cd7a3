"""Grant events in GitLab: members, shares, credentials of projects and groups, and who may deploy."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from msgspec.structs import replace

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.config.systems import GitlabResource
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import details
from auditor.model.entitlements import Grant, IdentityOf
from auditor.model.groups import only
from auditor.model.tables import Account
from auditor.model.vocabulary import Level
from auditor.model.written import written
from auditor.providers.gitlab.protections import tier_of
from auditor.providers.gitlab.rights import DEVELOPER, MAINTAINER, access_level, role_in
from auditor.providers.given import given

# As audit events have it since 15.x, and as their details have had it always.
MEMBERS = frozenset({"member_created", "member_updated", "add_user_access", "change_access_level"})
_PROJECT_SHARES = frozenset({"project_group_link_created", "project_group_link_updated", "add_project_access"})
"""Filed under the group that is let in; the project is its target."""
_GROUP_SHARES = frozenset({"group_share_with_group_link_created", "group_share_with_group_link_updated"})
"""Filed under the group that is opened; who is let in is its target."""
_credentials = cache(partial(written, __package__, "credentials", dict[str, tuple[str, str]]))
_SCOPES = re.compile(r".* with scopes: \[(?P<scopes>[^\]]{0,500})\](?: and (?P<role>[\w ]{1,80}) access level)?\.?")
"""The end of an event's words about a token."""
_ADMINISTRATORS = frozenset({"user_admin_status_updated", "change_admin_status"})
"""Filed under the user who comes to administer the server, or does no more."""
_UNPROTECTED = "environment_unprotected"
"""Whoever may deploy at all may deploy there then."""
_DEPLOYERS = re.compile(r"(?:Added|Changed) deploy access level (?:from (?P<before>.+) to )?(?P<after>.+?)\.?")
"""The words of an event about those who may deploy to a protected environment: a role, or whom it names."""
_ROLES = ("Maintainers", "Developers + Maintainers")
"""Roles as these words have them, the narrower first."""
_NUMBERED = re.compile(r"(user|group) with ID (\d+)")
_NUMBER = "gitlab-user:"
_GIVES_NOBODY = re.compile(r"remove|delete|destroy|revoke|attempt|fail|expire|protected_(?:branch|tag)")
"""Words of events that give nobody anything."""


def gitlab_grants(config: Config, events: Iterable[JudgedEvent], rows: Snapshots, who: IdentityOf) -> Iterator[Grant]:
    """A grant for what lets somebody change a system: a role, a share, a key or token, the right to deploy to it.

    Lesser roles do not.
    """
    accounts = rows.accounts
    for event in events:
        action, detail = event.action.removeprefix("gitlab:"), details(event.detail)
        filed, target = (
            event.resource or event.scope,
            str(detail.get("target_details") or detail.get("target_id") or ""),
        )
        if why := detail.get("untold"):
            yield from _untold(event, who, str(why), rows)
        elif action in MEMBERS:
            yield from _role(config, event, who, recipient(detail, accounts), event.scope, rows)
        elif action in _ADMINISTRATORS and str(detail.get("to")).casefold() == "true":
            yield from _administers(config, event, who, recipient(detail, accounts))
        elif action in _PROJECT_SHARES:
            yield from _role(config, event, who, f"gitlab-group:{filed}", target, rows)
        elif action in _GROUP_SHARES:
            yield from _role(config, event, who, f"gitlab-group:{target}", filed, rows)
        elif action in _credentials() and (systems := _systems(config, event.scope)) and not _only_reads(detail):
            kind, words = _credentials()[action]
            what = f"{words} of {event.scope}"
            holder = _holder(kind, detail, rows) or f"{kind}:{target}"
            yield given(event, holder, who, systems=systems, level=Level.WRITE, what=what, written=(target,))
        elif (deployer := _deployer(action, detail, accounts)) and (systems := _deployed(config, event.scope, target)):
            what = f"the right to deploy to {target} of {event.scope}"
            yield given(event, deployer, who, systems=systems, level=Level.WRITE, what=what)


def _untold(event: JudgedEvent, who: IdentityOf, why: str, rows: Snapshots) -> Iterator[Grant]:
    """What may have been given somewhere: where or what it was, the log does not tell."""
    detail = details(event.detail)
    role = role_in(detail.get("as") or detail.get("to"))
    level = _level(role, rows) if role else None
    if _GIVES_NOBODY.search(event.action.lower()) or (level is not None and level < DEVELOPER):
        return
    target = recipient(detail, rows.accounts) or f"gitlab-name:{detail.get('target_details') or 'somebody'}"
    what = f"{role or event.action.removeprefix('gitlab:')} of {event.scope}"
    one = given(event, target, who, systems=(), level=Level.WRITE, what=what)
    yield replace(one, unplaced=why)


def _administers(config: Config, event: JudgedEvent, who: IdentityOf, recipient: str | None) -> Iterator[Grant]:
    """Who administers a server may do all in every project."""
    systems = tuple(sorted({system for system, _ in config.resources_of(GitlabResource)}))
    if recipient and systems:
        what = f"administration of {event.scope}"
        one = given(event, recipient, who, systems=systems, level=Level.ADMIN, what=what)
        yield replace(one, called=_called(recipient, details(event.detail)))


def _role(
    config: Config, event: JudgedEvent, who: IdentityOf, recipient: str | None, place: str, rows: Snapshots
) -> Iterator[Grant]:
    """A role in a project or group; where it is not told which, or what it allows, it may be one that can change it."""
    detail = details(event.detail)
    role, before = role_in(detail.get("as") or detail.get("to")), role_in(detail.get("from"))
    level = _level(role, rows) if role or event.action.removeprefix("gitlab:") in MEMBERS else DEVELOPER
    known, systems = level is not None, _systems(config, place)
    if (role and role == before) or (not known and detail.get("change") == "expiry"):
        return
    level = level if level is not None else DEVELOPER
    lowered = known and (_level(before, rows) or 0) >= level
    if level < DEVELOPER or lowered or not systems or recipient is None:
        return
    one = given(
        event,
        recipient,
        who,
        systems=systems,
        level=Level.ADMIN if level >= MAINTAINER else Level.WRITE,
        what=f"{role or 'a share'} of {place}",
        written=(str(detail.get("custom_message") or ""),),
        expires_at=end_of(detail.get("expiry_to")),
    )
    unread = "" if known else f"no source reads what the role {role} allows"
    yield replace(one, unplaced=unread, called=_called(recipient, detail))


def _level(role: str, rows: Snapshots) -> int | None:
    """The access level of a role; of a custom one that of its base, or one that changes something where it adds that.

    None where it is none of GitLab's own, and nobody was seen with it.
    """
    if (level := access_level(role)) or not role:
        return level
    held = [row for row in rows.grants if row.provider == "gitlab" and row.role.casefold().endswith(f" ({role})")]
    return max((max(access_level(row.role), DEVELOPER if row.capabilities else 0) for row in held), default=None)


def _holder(kind: str, detail: Mapping[str, Any], rows: Snapshots) -> str | None:
    """The account that a key or token opens, where a source knows it by its number."""
    own = f"{kind}:{detail.get('target_id')}"
    opened = [row.account for row in rows.credentials if row.credential == own]
    return next(iter((*opened, *(row.account for row in rows.accounts if row.account == own))), None)


def _only_reads(detail: Mapping[str, Any]) -> bool:
    """Whether a token changes nothing, by the scopes or the role that its event tells."""
    told = _SCOPES.fullmatch(str(detail.get("custom_message") or ""))
    if told is None:
        return False
    scopes = re.findall(r"\w+", told["scopes"])
    by_scope = bool(scopes) and all(one.startswith("read_") for one in scopes)
    return by_scope or 0 < access_level(told["role"] or "") < DEVELOPER


def recipient(detail: Mapping[str, Any], accounts: Iterable[Account]) -> str | None:
    """Who received: the account that the collector found out, or that has the number that GitLab writes, else that."""
    account, number = detail.get("target_account"), detail.get("target_id")
    if isinstance(account, str):
        return account
    return _numbered(number, accounts) if isinstance(number, int) else None


def _called(recipient: str, detail: Mapping[str, Any]) -> str:
    """The name of a user of whom no source but the event tells."""
    return str(detail.get("target_details") or "") if recipient.startswith(_NUMBER) else ""


def _numbered(number: int, accounts: Iterable[Account]) -> str:
    """The account with a number, or what stands for it."""
    user = f"{_NUMBER}{number}"
    return next((row.account for row in accounts if row.unique_id == user), user)


def _deployer(action: str, detail: Mapping[str, Any], accounts: Sequence[Account]) -> str | None:
    """Who may deploy to an environment since an event; None where it lets nobody in who could not before."""
    if action == _UNPROTECTED:
        return f"gitlab-role:{_ROLES[-1]}"
    told = _DEPLOYERS.fullmatch(str(detail.get("custom_message") or ""))
    # Every Developer could deploy before, who are all whom it can name.
    if told is None or told["before"] in (_ROLES[-1], told["after"]):
        return None
    named = told["after"]
    if named in _ROLES:
        return f"gitlab-role:{named}"
    if number := _NUMBERED.fullmatch(named):
        own = _numbered(int(number[2]), accounts) if number[1] == "user" else f"gitlab-group:{number[2]}"
        return str(detail.get("target_account") or own)
    known = only(row.account for row in accounts if row.provider == "gitlab" and named in (row.name, row.email))
    return known or f"gitlab-name:{named}"


def _deployed(config: Config, scope: str, environment: str) -> tuple[str, ...]:
    """The systems whose production an environment is: by its name in their project, by its tier in a group above."""
    path, wanted = scope.casefold(), environment.casefold()

    def names(resource: GitlabResource) -> str:
        production = resource.environment or environment
        own = resource.environment is None or resource.project.casefold() == path
        return (production if own else tier_of(production)).casefold()

    return tuple(sorted({system for system, resource in _projects(config, scope) if names(resource) == wanted}))


def _systems(config: Config, scope: str) -> tuple[str, ...]:
    """The systems whose project a path names, or has below it."""
    return tuple(sorted({system for system, _ in _projects(config, scope)}))


def _projects(config: Config, scope: str) -> list[tuple[str, GitlabResource]]:
    """Each system with the project of its own that a path names, or has below it."""
    known, path = config.resources_of(GitlabResource), f"{scope.casefold()}/"
    return [(system, one) for system, one in known if f"{one.project.casefold()}/".startswith(path)]


def end_of(written: Any) -> datetime | None:
    """The end of a membership, as an event has it."""
    try:
        return datetime.fromisoformat(str(written)[:10]).replace(tzinfo=UTC) if written else None
    except ValueError:
        return None
