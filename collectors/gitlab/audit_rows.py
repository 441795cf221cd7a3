"""GitLab's audit events to rows."""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache, partial
from typing import Any

from auditor.model.tables import Activity
from auditor.model.vocabulary import Category, Level, Outcome
from auditor.model.written import patterns
from collectors.answers import Times
from collectors.base import printable
from collectors.gitlab.activity_shapes import AuditEvent
from collectors.reading import Stamp
from collectors.redact import redact

_FAILED = re.compile(
    r".*(?:failed_login|login_failed).*|.*_(?:creation|deletion|destroy|revocation)_failed", re.IGNORECASE
)
_LEVELS = {Category.CHANGE: Level.WRITE, Category.LOGIN: Level.READ, Category.READ: Level.READ}
# What GitLab puts before the name of the human whom a service account acted for.
_ON_BEHALF = re.compile(r" on behalf of @?(\S+)$")
_DEPLOYER = re.compile(r"(?:Added|Changed) deploy access level .*\buser with ID (\d{1,18})\.?")
_MOST_DETAIL = 2000
_TO_THE_MILLISECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}")
# As whom GitLab does by itself what nobody asked for just then, such as ending memberships that are over.
_SYSTEM = "(System)"
# What an event calls itself that has no type of its own.
_NO_TYPE = "audit_operation"
# Which details of an event without a type say what was done.
_VERBS = ("add", "change", "remove", "failed_login", "with")
_ROBOTS = {-2: ("DeployToken", "gitlab-deploy-token"), -3: ("DeployKey", "gitlab-deploy-key")}
"""Authors that are no users: their number tells what they are, or else their class, and their name which one."""


def event_row(
    at: Stamp, place: tuple[str, bool], value: AuditEvent, names: Mapping[int, str], times: Times
) -> Activity | None:
    """The row of an event; None where its time cannot be read.

    Args:
        at: where it stands.
        place: the path of the project or group in whose log it stands, and whether that is a project.
        value: the event.
        names: of users, by their numbers.
        times: reads times.
    """
    scope, in_project = place
    details = dict(value.details)
    human = _behind(details)
    number = details.get("target_id") if details.get("target_type") == "User" else deployer(details)
    if isinstance(number, int) and number in names:
        details["target_account"] = f"gitlab:{names[number]}"
    time = times.read(value.created_at, "created_at", f"audit event {value.id}")
    if time is None:
        return None
    action = _named(value, details)
    category = _category(action)
    reads_secret = _reads_secret(action)
    own = value.author_id < 1 and details.get("author_name") == _SYSTEM
    return Activity(
        **at,
        event_id=f"gitlab-audit:{_id(value)}",
        time=time,
        provider="gitlab",
        scope=scope,
        account=f"gitlab:{human}" if human else _author(value.author_id, details, names),
        actor=_actor(details),
        actor_kind=_SYSTEM if own else _text(details.get("author_class")),
        on_behalf_of=None if human else _text(details.get("author_email")),
        invoked_by=f"agent:{_agent(details)}" if human else None,
        action=f"gitlab:{action}",
        category=category,
        level=Level.READ if reads_secret else _LEVELS.get(category, Level.ADMIN),
        outcome=Outcome.FAILED if _FAILED.fullmatch(action) else Outcome.OK,
        resource=(_text(details.get("entity_path")) or scope) + (_variable(details) if reads_secret else ""),
        project=scope if in_project else None,
        source_ip=_text(details.get("ip_address")),
        detail=None if category in _LEVELS else redact(json.dumps(details, ensure_ascii=False), _MOST_DETAIL),
    )


def _id(value: AuditEvent) -> str:
    """What tells an event apart: its number, or where its time is told to the millisecond, what every form has.

    A server's log may have no numbers, and lie beside streams and answers of the API, which tell the same.
    """
    if not _TO_THE_MILLISECOND.match(value.created_at):
        return str(value.id)
    told = value.details
    what = next((f"{verb} {told[verb]}" for verb in _VERBS if told.get(verb)), told.get("event_name"))
    about = value.entity_type, value.entity_id, str(told.get("target_id")), what or value.event_type
    said = [value.author_id, value.created_at[:23], *about, told.get("custom_message")]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def deployer(details: Mapping[str, Any]) -> int | None:
    """The number of the user whom a change of a protected environment lets deploy."""
    told = _DEPLOYER.fullmatch(str(details.get("custom_message") or "")[:_MOST_DETAIL])
    return int(told[1]) if told else None


def _author(number: int, details: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """Whose account it was done with: an administrator's who acted as that user, of whom only the name is told."""
    if administrator := _text(details.get("impersonated_by")):
        return f"gitlab-name:{administrator}"
    name, sort = _text(details.get("author_name")), str(details.get("author_class") or "")
    for own, (called, kind) in _ROBOTS.items():
        if name and (number == own or (number < 1 and called in sort)):
            return f"{kind}:{name}"
    return f"gitlab:{names[number]}" if number in names else f"gitlab-user:{number}"


def _actor(details: Mapping[str, Any]) -> str | None:
    name, administrator = _text(details.get("author_name")), _text(details.get("impersonated_by"))
    return f"{administrator} as {name}" if administrator and name else name


def _behind(details: Mapping[str, Any]) -> str | None:
    """The human on whose behalf a service account acted (a composite identity): they sent the agent."""
    named = details.get("human_author_username")
    said = _ON_BEHALF.search(str(details.get("author_name") or ""))
    return named if isinstance(named, str) and named else said[1] if said else None


def _agent(details: Mapping[str, Any]) -> str:
    return (_text(details.get("author_name")) or "service account").partition(" on behalf of ")[0]


def _named(value: AuditEvent, details: Mapping[str, Any]) -> str:
    """A name for an event: its type, or where it has none `add_user_access`, or the first words of its message."""
    if value.event_type and value.event_type != _NO_TYPE:
        return value.event_type
    for verb in _VERBS:
        if isinstance(what := details.get(verb), str):
            return printable(f"{verb}_{what}".replace(" ", "_"))
    typed = details.get("event_name")
    message = str((typed if typed != _NO_TYPE else None) or details.get("custom_message") or "event")
    return printable("_".join(message.split()[:6])[:80].lower())


_kinds = cache(partial(patterns, __package__, "log_actions"))


@lru_cache(maxsize=4096)
def _category(action: str) -> Category:
    if _reads_secret(action):
        return Category.SECRET
    word = action.lower()
    return next((Category(kind) for kind, pattern in _kinds().items() if pattern.match(word)), Category.CHANGE)


def _reads_secret(action: str) -> bool:
    """Whether somebody was shown CI/CD variables or secrets, by an event's type or the message of one without."""
    word = action.lower()
    return ("variable" in word or "secret" in word) and ("viewed" in word or "accessed" in word)


def _variable(details: Mapping[str, Any]) -> str:
    """The variable that was shown; all of them where the list was."""
    one = str(details.get("target_type")).endswith("Variable")
    return f"/variables/{details.get('target_details')}" if one else "/variables"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
