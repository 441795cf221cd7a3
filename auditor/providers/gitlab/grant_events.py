"""Grant events in GitLab: members, groups that something is shared with, and credentials of projects and groups."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.config.systems import GitlabResource
from auditor.model.details import details
from auditor.model.entitlements import Grant, Identity
from auditor.model.vocabulary import Level
from auditor.providers.gitlab.rights import DEVELOPER, MAINTAINER, access_level
from auditor.providers.given import given

# As audit events have it since 15.x, and as their details have had it always.
MEMBERS = frozenset({"member_created", "member_updated", "add_user_access", "change_access_level"})
_PROJECT_SHARES = frozenset({"project_group_link_created", "project_group_link_updated", "add_project_access"})
"""Filed under the group that is let in; the project is its target."""
_GROUP_SHARES = frozenset({"group_share_with_group_link_created", "group_share_with_group_link_updated"})
"""Filed under the group that is opened; who is let in is its target."""
_CREDENTIALS = {
    "deploy_key_added": ("gitlab-deploy-key", "a deploy key"),
    "add_deploy_key": ("gitlab-deploy-key", "a deploy key"),
    "deploy_token_created": ("gitlab-deploy-token", "a deploy token"),
    "group_deploy_token_created": ("gitlab-deploy-token", "a deploy token"),
    "project_access_token_created": ("gitlab-token", "an access token"),
    "group_access_token_created": ("gitlab-token", "an access token"),
}
"""How each is named as an account, and what it is."""


def gitlab_grants(config: Config, events: Iterable[JudgedEvent], who: Callable[[str], Identity]) -> Iterator[Grant]:
    """A grant for what lets somebody change a system's project: a role, a share, a key or token; lesser roles do not.

    Args:
        config: the configuration.
        events: GitLab's successful grants.
        who: the identity behind an account.
    """
    for event in events:
        action, detail = event.action.removeprefix("gitlab:"), details(event.detail)
        filed, target = (
            event.resource or event.scope,
            str(detail.get("target_details") or detail.get("target_id") or ""),
        )
        if action in MEMBERS:
            yield from _role(config, event, who, recipient(detail), event.scope)
        elif action in _PROJECT_SHARES:
            yield from _role(config, event, who, f"gitlab-group:{filed}", target)
        elif action in _GROUP_SHARES:
            yield from _role(config, event, who, f"gitlab-group:{target}", filed)
        elif action in _CREDENTIALS and (systems := _systems(config, event.scope)):
            kind, words = _CREDENTIALS[action]
            what = f"{words} of {event.scope}"
            yield given(
                event, f"{kind}:{target}", who, systems=systems, level=Level.WRITE, what=what, written=(target,)
            )


def _role(
    config: Config, event: JudgedEvent, who: Callable[[str], Identity], recipient: str | None, place: str
) -> Iterator[Grant]:
    """A role in a project or group; where the event does not tell which, it may be one that can change it."""
    detail = details(event.detail)
    role = str(detail.get("as") or detail.get("to") or "")
    level = access_level(role) if role or event.action.removeprefix("gitlab:") in MEMBERS else DEVELOPER
    systems = _systems(config, place)
    lowered = access_level(str(detail.get("from") or "")) >= level
    if level < DEVELOPER or lowered or not systems or recipient is None:
        return
    yield given(
        event,
        recipient,
        who,
        systems=systems,
        level=Level.ADMIN if level >= MAINTAINER else Level.WRITE,
        what=f"{role.casefold() or 'a share'} of {place}",
        written=(str(detail.get("custom_message") or ""),),
        expires_at=end_of(detail.get("expiry_to")),
    )


def recipient(detail: Mapping[str, Any]) -> str | None:
    """Who received: the account that the collector found out, else the number that GitLab writes."""
    account, number = detail.get("target_account"), detail.get("target_id")
    if isinstance(account, str):
        return account
    return f"gitlab-user:{number}" if isinstance(number, int) else None


def _systems(config: Config, scope: str) -> tuple[str, ...]:
    """The systems whose project a path names, or has below it."""
    path = scope.casefold()
    projects = (
        (system.id, resource.project.casefold())
        for system in config.systems
        for resource in system.resources
        if isinstance(resource, GitlabResource)
    )
    return tuple(sorted({system for system, project in projects if project == path or project.startswith(f"{path}/")}))


def end_of(written: Any) -> datetime | None:
    """The end of a membership, as an event has it."""
    try:
        return datetime.fromisoformat(str(written)[:10]).replace(tzinfo=UTC) if written else None
    except ValueError:
        return None
