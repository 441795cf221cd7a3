"""Slack's channels by slack_sdk: threads that name a ticket, and the people in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from auditor.config.sources.slack import SlackApprovals
from auditor.model.details import as_object, as_objects
from collectors.answers import secret
from collectors.base import printable
from collectors.redact import LONGEST_TEXT, redact
from collectors.refusals import refusal
from collectors.tickets.ids import TICKET

if TYPE_CHECKING:
    from slack_sdk import WebClient

_PAGE, _RETRIES, _LONGEST_WAIT = 200, 5, 120
_TIMEOUT = 60
_INVALID = frozenset({"invalid_auth", "not_authed", "token_expired", "token_revoked", "account_inactive"})
_DENIED = frozenset({"missing_scope", "not_in_channel", "no_permission", "access_denied", "not_allowed_token_type"})
_UNKNOWN = frozenset({"channel_not_found", "thread_not_found"})
_KINDS = {**dict.fromkeys(_INVALID, "invalid"), **dict.fromkeys(_DENIED, "denied")}
_KINDS |= {**dict.fromkeys(_UNKNOWN, "unknown"), "ratelimited": "throttled"}
_KEPT = ("ts", "thread_ts", "user", "bot_id", "subtype", "edited", "text")


def client(source: SlackApprovals) -> WebClient:
    """A client that waits where it is asked to slow down, though not for long.

    Raises:
        SourceError: the environment variable is not set.
    """
    from slack_sdk import WebClient
    from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

    class Patient(RateLimitErrorRetryHandler):
        def _can_retry(self, *, response: Any = None, **asked: Any) -> bool:
            headers = {name.lower(): value for name, value in (response.headers if response else {}).items()}
            wait = "".join(headers.get("retry-after", ["1"])[:1])
            is_short = wait.isdecimal() and int(wait) <= _LONGEST_WAIT
            return is_short and super()._can_retry(response=response, **asked)

    token = secret(source.name, source.token_env or "")
    return WebClient(token, source.url, _TIMEOUT, retry_handlers=[Patient(max_retry_count=_RETRIES)])


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turns what slack_sdk raises inside it into SourceError, with the scope that is missing."""
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        yield
    except SlackApiError as error:
        told = error.response if isinstance(error.response, dict) else getattr(error.response, "data", {})
        code = str(as_object(told).get("error") or getattr(error.response, "status_code", "no status"))
        needed = as_object(told).get("needed")
        said = redact(f"{code}: it takes the scope {needed}" if needed else code)
        kind = _KINDS.get(code, "other")
        raise refusal("forge", kind, transient=kind == "other", service="Slack", doing=doing, said=said) from error
    except (OSError, HTTPException) as error:
        said = type(error).__name__
        raise refusal("forge", "unreachable", transient=True, service="Slack", doing=doing, said=said) from error
    except (SlackClientError, ValueError, KeyError, TypeError, AttributeError) as error:
        said = f"the answer is not as it should be: {redact(str(error), 200)}"
        raise refusal("forge", "other", transient=True, service="Slack", doing=doing, said=said) from error


def people(slack: WebClient) -> list[dict[str, Any]]:
    """Everybody's id, names and e-mail address; raises SourceError."""
    with explained("listing people"):
        pages = slack.users_list(limit=_PAGE)
        return [_person(one) for page in pages for one in as_objects(page["members"])]


def _person(member: dict[str, Any]) -> dict[str, Any]:
    profile = as_object(member.get("profile"))
    told = {"real_name": profile.get("real_name"), "email": profile.get("email")}
    return {"id": member.get("id"), "is_bot": member.get("is_bot"), "profile": told}


def threads(slack: WebClient, channel: str, oldest: float) -> list[dict[str, Any]]:
    """The messages of a channel's threads in which a ticket is named, with nothing else in them; raises SourceError."""
    found: list[dict[str, Any]] = []
    with explained(f"reading the channel {channel}"):
        for page in slack.conversations_history(channel=channel, oldest=f"{oldest:.6f}", limit=_PAGE):
            for first in as_objects(page["messages"]):
                thread = [first]
                if first.get("reply_count"):
                    replies = slack.conversations_replies(channel=channel, ts=str(first["ts"]), limit=_PAGE)
                    thread = [one for answer in replies for one in as_objects(answer["messages"])]
                found += telling(thread)
    return found


def telling(thread: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A thread where any message of it names a ticket, without what else is in messages and without secrets."""
    if not any(TICKET.search(str(one.get("text") or "")) for one in thread):
        return []
    kept = ({name: one[name] for name in _KEPT if one.get(name) is not None} for one in thread)
    return [{**one, "text": redact(printable(str(one.get("text") or "")), LONGEST_TEXT)} for one in kept]
