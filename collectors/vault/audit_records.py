"""What a record of HashiCorp Vault's audit devices tells: who asked for what, and whether they got it."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache, partial
from typing import Any

from msgspec import Struct

from auditor.model.details import as_object, texts
from auditor.model.vocabulary import Category, Level, Outcome
from auditor.model.written import written
from collectors.base import own_id, printable
from collectors.redact import redact
from collectors.times import parse_utc

_LIST, _READS = "list", frozenset({"read", "list", "help", "header"})
_SECRET_READ = "secret-read"  # noqa: S105 - a word of the table, not a password
_ROOT = "root"
# What ways of signing in tell of whoever did, the most telling first. On a token, whoever made it wrote what it has.
_CALLED = (
    "email", "mail", "upn", "username", "preferred_username", "service_account_email", "canonical_arn", "common_name",
)  # fmt: skip
_BY_TOKEN = re.compile(r"token(?:-.*)?", re.DOTALL)
_SIGNING_IN = re.compile(r"auth/(.+)/login(?:/([^/]+))?")
_LEVELS = {Category.LOGIN: Level.READ, Category.READ: Level.READ, Category.SECRET: Level.WRITE}


class _About(Struct, frozen=True):
    path: str
    about: str = ""
    engine: str = ".*"
    writes: str = "change"
    reads: str = "read"


class Told(Struct, frozen=True):
    """A request: its id, the entity that its caller is, whom signing in vouched for, and its columns of `Activity`.

    One that is about nothing that matters has no columns.
    """

    request: str
    entity: str
    caller: str | None
    columns: Mapping[str, Any]


_table = cache(partial(written, __package__, "audit_paths", list[_About]))


def told(record: Mapping[str, Any], server: str) -> Told:
    """What a request or its answer tells.

    Raises:
        ValueError: it is no request or answer, or its time is none.
    """
    request, answer = as_object(record.get("request")), as_object(record.get("response"))
    operation, path = str(request.get("operation") or ""), str(request.get("path") or "")
    if not operation or not path:
        raise ValueError("it is no request and no answer of Vault's")
    about = _about(path, str(request.get("mount_type") or ""), str(request.get("mount_point") or ""))
    auth = as_object(record.get("auth"))
    auth = auth if auth.get("display_name") else as_object(answer.get("auth")) or auth
    name, vouched = _caller(auth, path)
    own, entity = str(request.get("id") or own_id(record)), str(auth.get("entity_id") or "")
    if not about.about or operation == "help":
        return Told(own, entity, vouched, {})
    category, level = _kind(about, operation)
    return Told(
        own,
        entity,
        vouched,
        {
            "event_id": f"vault:{printable(own)}",
            "time": parse_utc(str(record.get("time") or "")),
            "provider": "vault",
            "scope": server,
            "account": f"vault:{name}@{server}" if name else None,
            "actor": name or None,
            # Whoever holds a root token opened no session with it.
            "session": _text(auth.get("accessor")) if name != _ROOT else None,
            "on_behalf_of": vouched,
            "action": f"vault:{operation}-{about.about}",
            "category": category,
            "level": level,
            "outcome": _outcome(str(record.get("error") or "")),
            "resource": _text(str(as_object(request.get("namespace")).get("path") or "") + path),
            "source_ip": _text(request.get("remote_address")),
            "user_agent": _text(next(iter(texts(as_object(request.get("headers")).get("user-agent"))), None)),
        },
    )


def shown(record: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a record that hold no secret, even where `log_raw` is on."""
    auth, request = as_object(record.get("auth")), as_object(record.get("request"))
    parts = {
        **{name: record.get(name) for name in ("time", "type", "error")},
        "auth": {name: auth.get(name) for name in ("display_name", "policies", "metadata", "entity_id", "token_type")},
        "request": {name: request.get(name) for name in ("id", "operation", "mount_type", "path", "remote_address")},
    }
    return {name: part for name, part in parts.items() if part is not None}


@lru_cache(maxsize=65536)
def _about(path: str, engine: str, mount: str) -> _About:
    inside = path.removeprefix(mount) if mount else path.partition("/")[2]
    for one in _table():
        own = one.path.startswith(("sys/", "auth/", "identity/"))
        if re.fullmatch(one.path, path if own else inside) and (not engine or re.fullmatch(one.engine, engine)):
            return one
    return _table()[-1]


def _kind(about: _About, operation: str) -> tuple[Category, Level]:
    """The category and level: a listing shows names alone."""
    kind = "read" if operation == _LIST else about.reads if operation in _READS else about.writes
    if kind == _SECRET_READ:
        return Category.SECRET, Level.READ
    category = Category(kind)
    return category, _LEVELS.get(category, Level.WRITE if category == Category.CHANGE else Level.ADMIN)


def _caller(auth: Mapping[str, Any], path: str) -> tuple[str, str | None]:
    """What a caller is called, and whom its way of signing in vouches for."""
    name, said = _text(auth.get("display_name")) or "", as_object(auth.get("metadata"))
    if _ROOT in texts(auth.get("policies")):
        return _ROOT, None
    if not name and (tried := _SIGNING_IN.fullmatch(path)):
        return printable("-".join(filter(None, tried.groups()))), None
    if _BY_TOKEN.fullmatch(name):
        return name, None
    role, account = said.get("role_name"), said.get("service_account_name")
    if role and str(role) not in name:
        name = f"{name}-{_text(role)}"
    workload = (
        f"kubernetes:{said.get('service_account_namespace')}/{account}" if account else role and f"approle:{role}"
    )
    behind = name.partition("-")[2]
    called = next((said[one] for one in _CALLED if isinstance(said.get(one), str) and said[one]), None)
    return name, _text(called or workload or (behind if "@" in behind or ":" in behind else None))


def _outcome(error: str) -> Outcome:
    return Outcome.DENIED if "permission denied" in error else Outcome.FAILED if error else Outcome.OK


def _text(value: object) -> str | None:
    return _clean(str(value)) if value else None


@lru_cache(maxsize=65536)
def _clean(text: str) -> str:
    """The same few callers, paths and addresses stand in most records."""
    return redact(printable(text))
