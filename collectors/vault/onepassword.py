"""1Password's Events API: uses of items, and what the audit log tells of them."""

import json
from collections.abc import Iterator
from typing import Any

from auditor.config.sources.vault import VaultEvents
from auditor.model.details import as_object, texts
from auditor.model.vocabulary import Category
from collectors.answers import kept, paged, secret
from collectors.base import Raw, missing
from collectors.checkpoints import Stretch, written
from collectors.vault.uses import ABSENT, used
from collectors.web import Server

_LISTS = {"itemusages": "item usage events", "auditevents": "audit events"}
_PAGE, _MOST_PAGES = 1000, 10_000
_CHANGES = frozenset({"server-create", "server-update"})
_OF_ITEMS = frozenset({"item", "items", "itemhist"})
# What the audit log calls a change of an item: of what it holds, or of the item alone.
_WRITTEN = frozenset({"create", "update", "patch"})
_CHANGED = _WRITTEN | {"delete", "trash", "purge", "restore", "reencrypt"}


def answers(source: VaultEvents, stretch: Stretch, name: str) -> Iterator[Raw]:
    """The pages of both lists since a time; what the token is not made for is told, and is no fault.

    Raises:
        SourceError: an environment variable is not set, or the token is refused.
    """
    server = Server.of("1Password", source.url or "", token=secret(source.name, source.token_env or ""))
    doing = "asking what the token may read"
    answer = server.get("/api/v2/auth/introspect", {}, doing)
    with server.explained(doing):
        features = texts(json.loads(answer.content)["features"])
    for number, (path, called) in enumerate(_LISTS.items()):
        if path in features:
            yield from paged(f"{name}/{path}", "events", _pages(server, path, stretch))
        elif number:
            yield kept(f"{name}/{path}", ABSENT, [{"lacks": called}])
        else:
            yield missing(f"{name}/{path}", f"the token may not read {called}: make one for this kind of event")


def _pages(server: Server, path: str, stretch: Stretch) -> Iterator[bytes]:
    first = {"limit": _PAGE, "start_time": written(stretch.since), "end_time": written(stretch.until)}
    doing = f"reading {path}"

    def ask(cursor: str | None) -> tuple[bytes, str | None]:
        content = server.post(f"/api/v2/{path}", {"cursor": cursor} if cursor else first, doing).content
        told = json.loads(content)
        return content, told["cursor"] if told["has_more"] else None

    return server.turned(ask, doing, _MOST_PAGES)


def use(record: dict[str, Any], members: dict[str, str]) -> dict[str, Any] | None:
    """What a record tells of an item; None where it is about something else."""
    del members
    if "item_uuid" in record:
        user, client = as_object(record.get("user")), as_object(record.get("client"))
        action = str(record.get("action") or "other")
        program = " ".join(str(client[name]) for name in ("app_name", "app_version") if client.get(name))
        ip = client.get("ip_address")
        category = Category.SECRET if action in _CHANGES else Category.READ
        return used(record, record["item_uuid"], user.get("email"), action, category, ip, program)
    if record.get("object_type") not in _OF_ITEMS or record.get("action") not in _CHANGED:
        return None
    actor, session = as_object(record.get("actor_details")), as_object(record.get("session"))
    action, category = f"{record['action']}-item", Category.SECRET if record["action"] in _WRITTEN else Category.CHANGE
    return used(record, record.get("object_uuid"), actor.get("email"), action, category, session.get("ip"), "")
