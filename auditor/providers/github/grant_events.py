"""Grant events in GitHub: members, collaborators, teams, apps, and the keys of repositories."""

import re
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from msgspec.structs import replace

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.config.systems import GithubResource
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import details
from auditor.model.entitlements import Grant, IdentityOf
from auditor.model.tables import Membership
from auditor.model.vocabulary import ActorClass, Level
from auditor.providers.github.rights import ADMIN, TEAM, WRITE, of_app, rank
from auditor.providers.given import given, unplaced

# What each is about: a repository, or every repository of an organisation.
_USERS = frozenset({"repo.add_member", "repo.update_member", "org.add_member", "org.update_member"})
_TEAMS = frozenset({"team.add_repository", "team.update_repository_permission"})
_LEAVES = "team.remove_repository"
_JOINS, _BELOW = "team.add_member", "team.change_parent_team"
_EVERYBODY = "org.update_default_repository_permission"
_OVER_ALL = "organization_role.assign"
_ALL_REPOSITORIES = re.compile(r"all[-_ ]repo(?:sitory)?[-_ ](read|triage|write|maintain|admin)")
"""GitHub's own roles in an organisation that are a role in each of its repositories."""
_CHANGES_NO_CODE = ("security_manager", "security manager")
# Where events write a role; of a custom one, the role that it is made of.
_NOW = ("permission", "new_repo_base_role", "new_repo_permission")
_BEFORE = ("old_permission", "old_repo_base_role", "old_repo_permission")
# Permissions as events write them; an owner of an organisation is its "admin".
_WORDS = {"push": "write", "pull": "read", "direct_member": "read", "member": "read"}


def github_grants(config: Config, events: Iterable[JudgedEvent], rows: Snapshots, who: IdentityOf) -> Iterator[Grant]:
    """A grant for what lets somebody change a system. Lesser roles do not."""
    teams: dict[str, dict[str, int]] = {}
    for event in sorted(events, key=attrgetter("time")):
        action, detail = event.action.removeprefix("github:"), details(event.detail)
        place = event.resource or event.scope
        user, team = str(detail.get("user") or ""), str(detail.get("team") or "")
        if action in _USERS and user:
            yield from _role(config, event, who, f"github:{user}", place)
        elif action == _EVERYBODY:
            yield from _role(config, event, who, f"github-members:{place}", place)
        elif action == _OVER_ALL and (user or team):
            yield from _over_all(config, event, who, f"github:{user}" if user else f"{TEAM}{team}", place)
        elif action in _TEAMS and team:
            teams.setdefault(team, {})[place.casefold()] = _rank(event)
            yield from _role(config, event, who, f"{TEAM}{team}", place)
        elif action == _LEAVES:
            teams.get(team, {}).pop(place.casefold(), None)
        elif action == _JOINS and user:
            systems = _systems_of_team(config, rows, team, teams)
            what = f"membership of the team {team}"
            joined = given(event, f"github:{user}", who, systems=systems, level=Level.WRITE, what=what)
            yield from [joined] if systems else unplaced(joined, event.provider, rows.grants)
        elif action == _BELOW and team and (above := str(detail.get("parent_team") or "")):
            above = above if "/" in above else f"{event.scope}/{above}"
            systems = _systems_of_team(config, rows, above, teams)
            what = f"what the team {above} has"
            moved = given(event, f"{TEAM}{team}", who, systems=systems, level=Level.WRITE, what=what)
            yield from [moved] if systems else unplaced(moved, event.provider, rows.grants)
        elif robot := _OF_ROBOTS.get(action):
            yield from robot(config, event, rows, who)


def _role(config: Config, event: JudgedEvent, who: IdentityOf, recipient: str, place: str) -> Iterator[Grant]:
    """A role in a repository or organisation; where the event does not tell which, it may be one that can change it."""
    role, before = (_role_in(event, names) for names in (_NOW, _BEFORE))
    level = _rank(event)
    systems = _systems(config, place)
    if level < WRITE or (before and rank(before) >= level) or not systems:
        return
    yield given(
        event,
        recipient,
        who,
        systems=systems,
        level=Level.ADMIN if level >= ADMIN else Level.WRITE,
        what=f"{role or 'a role'} of {place}",
    )


def _over_all(config: Config, event: JudgedEvent, who: IdentityOf, recipient: str, place: str) -> Iterator[Grant]:
    """A role in an organisation: one of GitHub's own is a role in each repository; another may give anything there."""
    role = str(details(event.detail).get("organization_role_name") or "a role")
    own, systems = _ALL_REPOSITORIES.fullmatch(role.casefold()), _systems(config, place)
    level = rank(own[1]) if own else WRITE
    if level < WRITE or role.casefold() in _CHANGES_NO_CODE or not systems:
        return
    told = Level.ADMIN if level >= ADMIN else Level.WRITE
    one = given(event, recipient, who, systems=systems, level=told, what=f"{role} of {place}")
    yield one if own else replace(one, unplaced=f"no source reads what {role} of {place} gives in its repositories")


def _key(config: Config, event: JudgedEvent, rows: Snapshots, who: IdentityOf) -> Iterator[Grant]:
    """A key of a repository that may write to it; one of no repository is somebody's own."""
    del rows
    detail, place = details(event.detail), event.resource or event.scope
    systems = _systems(config, place)
    if "/" in place and systems and _writes(detail.get("read_only")):
        title = str(detail.get("title") or detail.get("fingerprint") or "")
        key, what = f"github-deploy-key:{title}", f"a deploy key of {place}"
        yield given(event, key, who, systems=systems, level=Level.WRITE, what=what, written=(title,))


def _app(config: Config, event: JudgedEvent, rows: Snapshots, who: IdentityOf) -> Iterator[Grant]:
    """An app that was installed, and is not GitHub's own: its event does not tell what it may do, a snapshot does."""
    detail, place = details(event.detail), event.resource or event.scope
    name = str(detail.get("name") or detail.get("integration") or "an app")
    account = f"github-app:{re.sub(r'[^a-z0-9]+', '-', name.casefold()).strip('-')}"
    systems = _systems(config, place)
    if not systems or who(account).actor_class is ActorClass.PROVIDER:
        return
    one = given(event, account, who, systems=systems, level=Level.WRITE, what=f"the app {name} in {place}")
    held = [row for row in rows.grants if row.principal.casefold() == account]
    if not held:
        yield replace(one, unplaced=f"no source reads what the app {name} may do")
    elif any(map(of_app, {row.role for row in held})):
        chosen = "/" not in place and next(filter(None, (row.condition for row in held)), None)
        yield replace(one, unplaced=f"it is {chosen}") if chosen else one


def _role_in(event: JudgedEvent, names: Iterable[str]) -> str:
    """A role that an event writes under one of these names."""
    text = str(next(filter(None, map(details(event.detail).get, names)), None) or "").casefold()
    return _WORDS.get(text, text)


def _rank(event: JudgedEvent) -> int:
    """How far the role goes that an event gives; one that it does not tell may change something."""
    role = _role_in(event, _NOW)
    return rank(role) if role else WRITE


def _writes(read_only: object) -> bool:
    """Whether a key may write; one of which that is not told may."""
    return str(read_only).casefold() not in ("true", "1")


def _systems(config: Config, place: str) -> tuple[str, ...]:
    """The systems whose repository a name is, or whose organisation."""
    name = place.casefold()
    found = {
        s
        for s, one in config.resources_of(GithubResource)
        if name in (one.repository.casefold(), _owner(one.repository))
    }
    return tuple(sorted(found))


def _systems_of_team(
    config: Config, rows: Snapshots, team: str, given_: Mapping[str, Mapping[str, int]]
) -> tuple[str, ...]:
    """The systems in whose repository the members of a team may write, by the newest snapshot or by the log.

    What the teams above it may do, they may.
    """
    teams = {team.casefold(), *_above(rows.memberships, team.casefold())}
    through = {f"member of the team {one}" for one in teams}
    writes = {
        row.resource.casefold()
        for row in rows.grants
        if row.provider == "github" and (row.condition or "").casefold() in through and rank(row.role) >= WRITE
    }
    told = (given_[one] for one in given_ if one.casefold() in teams)
    writes |= {name for places in told for name, level in places.items() if level >= WRITE}
    return tuple(
        sorted({system for system, one in config.resources_of(GithubResource) if one.repository.casefold() in writes})
    )


def _above(memberships: Iterable[Membership], team: str) -> set[str]:
    """The teams that a team is in, and those that they are in."""
    inside = {row.member.casefold(): row.group.casefold() for row in memberships if row.member.startswith(TEAM)}
    found: set[str] = set()
    while (team := inside.get(f"{TEAM}{team}", "").removeprefix(TEAM)) and team not in found:
        found.add(team)
    return found


def _owner(repository: str) -> str:
    return repository.partition("/")[0].casefold()


_OF_ROBOTS = {
    "integration_installation.create": _app,
    "integration_installation.repositories_added": _app,
    "public_key.create": _key,
    "deploy_key.create": _key,
}
"""What gives a program something."""
