"""GitHub's audit log to rows: as the API has it, and as organisations export it."""

import json
import re
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from typing import Any

from auditor.model.tables import Activity
from auditor.model.vocabulary import Category, Level, Outcome
from auditor.model.written import patterns
from collectors.base import own_id, printable
from collectors.exported import exported
from collectors.github.activity_shapes import account_of
from collectors.json_values import Broken
from collectors.reading import Stamp
from collectors.redact import redact
from collectors.times import parse_utc

_MOST_DETAIL = 2000
# What somebody tried, and GitHub did not let them.
_FAILED = re.compile(r"failed|_failure$|\.rejected_ref_")
_LEVELS = {Category.CHANGE: Level.WRITE, Category.LOGIN: Level.READ, Category.READ: Level.READ}

# What a row has in columns of its own, or what is of no use: digests of tokens, numbers of what is named.
_ELSEWHERE = frozenset(
    (
        "@timestamp", "_document_id", "action", "actor", "actor_id", "actor_ip", "actor_location", "business_id",
        "created_at", "external_identity_nameid", "hashed_token", "operation_type", "org_id", "repo_id", "request_id",
        "token_id", "user_agent", "user_id",
    )
)  # fmt: skip
# Of a table that an organisation exported; what stands below them has a dot in its name.
_COLUMNS = ("action", "actor", "created_at")


def records(content: bytes) -> list[Any]:
    """The entries of an export, unpacked, each an object or a sentence on why it is none.

    Raises:
        ValueError: nothing in it is JSON.
    """
    return exported(content, _is_entry, _COLUMNS)


def _is_entry(value: dict[str, Any]) -> bool:
    return isinstance(value.get("action"), str) and bool(value.keys() & {"@timestamp", "created_at"})


def activity(record: Any, at: Stamp) -> Activity:
    """The row of an entry.

    Raises:
        ValueError: it is none: it says what is missing.
    """
    if not isinstance(record, dict) or not _is_entry(record):
        raise ValueError(record if isinstance(record, Broken) else "it is no entry of an audit log")
    record = _flat(record)
    action = printable(record["action"])
    repository, organization = _text(record.get("repo") or record.get("repository")), _text(record.get("org"))
    category = category_of(action)
    login = _text(record.get("actor"))
    key = action.startswith("git.") and record.get("transport_protocol_name") == "ssh" and login is None
    told = {name: value for name, value in record.items() if value not in (None, "", [], {}) and name not in _ELSEWHERE}
    return Activity(
        **at,
        event_id=f"github-audit:{record.get('_document_id') or own_id(record)}",
        time=_time(record.get("@timestamp") or record.get("created_at")),
        provider="github",
        scope=repository or organization or "github",
        account=account_of(login) if login else "github-deploy-key" if key else None,
        actor=login,
        actor_kind="Bot" if record.get("actor_is_bot") else _text(record.get("programmatic_access_type")),
        credential=f"github-token:{record['token_id']}" if record.get("token_id") else None,
        # By what the company's own sign-in knows whoever is behind a login, which may be no name of theirs.
        on_behalf_of=_text(record.get("external_identity_nameid")),
        action=f"github:{action}",
        category=category,
        level=_LEVELS.get(category, Level.ADMIN),
        outcome=Outcome.FAILED if _FAILED.search(action) else Outcome.OK,
        resource=repository or organization,
        project=repository,
        source_ip=_text(record.get("actor_ip")),
        user_agent=_text(record.get("user_agent")),
        detail=None if category in _LEVELS else redact(json.dumps(told, ensure_ascii=False), _MOST_DETAIL),
    )


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """An entry with what GitHub puts under `data`, such as the team, beside the rest; in a table, as `data.team`."""
    data = record.get("data")
    told = data if isinstance(data, dict) else {}
    told = told | {name.removeprefix("data."): value for name, value in record.items() if name.startswith("data.")}
    return {**told, **{name: value for name, value in record.items() if name != "data"}} if told else record


_kinds = cache(partial(patterns, __package__, "log_actions"))


@lru_cache(maxsize=4096)
def category_of(action: str) -> Category:
    """What an action of the audit log comes to; what is not known here counts as a change."""
    return next((Category(kind) for kind, pattern in _kinds().items() if pattern.match(action)), Category.CHANGE)


def _time(value: Any) -> datetime:
    """A time as milliseconds, as the API and exports have it, or written out."""
    text = str(value)
    if text.replace(".", "", 1).isdecimal():
        try:
            return datetime.fromtimestamp(float(text) / 1000, UTC)
        except (OverflowError, OSError, ValueError) as error:
            raise ValueError("its time is none") from error
    return parse_utc(text)


def _text(value: Any) -> str | None:
    return printable(value) if isinstance(value, str) and value else None
