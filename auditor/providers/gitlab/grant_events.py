"""Grant events in GitLab: members that were added, or whose level was raised."""

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
_GIVING = frozenset({"member_created", "member_updated", "add_user_access", "change_access_level"})


def gitlab_grants(config: Config, events: Iterable[JudgedEvent], who: Callable[[str], Identity]) -> Iterator[Grant]:
    """A grant for every membership by which somebody came to change a system's project; lesser roles change nothing.

    Args:
        config: the configuration.
        events: GitLab's successful grants.
        who: the identity behind an account.
    """
    for event in events:
        if event.action.removeprefix("gitlab:") in _GIVING:
            yield from _grant(config, event, who)


def _grant(config: Config, event: JudgedEvent, who: Callable[[str], Identity]) -> Iterator[Grant]:
    detail = details(event.detail)
    role = str(detail.get("as") or detail.get("to") or "")
    level = access_level(role)
    systems = _systems(config, event.scope)
    lowered = access_level(str(detail.get("from") or "")) >= level
    recipient = _recipient(detail)
    if level < DEVELOPER or lowered or not systems or recipient is None:
        return
    yield given(
        event,
        recipient,
        who,
        systems=systems,
        level=Level.ADMIN if level >= MAINTAINER else Level.WRITE,
        what=f"{role.casefold()} of {event.scope}",
        written=(str(detail.get("custom_message") or ""),),
        expires_at=_end(detail.get("expiry_to")),
    )


def _recipient(detail: Mapping[str, Any]) -> str | None:
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


def _end(written: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(written)[:10]).replace(tzinfo=UTC) if written else None
    except ValueError:
        return None
